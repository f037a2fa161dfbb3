/** What the durable backend writes for the key into the URLs it gives out. */
const PLACEHOLDER = "code=emulator";

/** Puts the webhooks' key into the URLs of a text, such as a client binding. */
export function withCode(text: string, key: string): string {
  return text.replaceAll(PLACEHOLDER, `code=${key}`);
}

/** Puts the webhooks' key into the URLs of an answer: those of a start, and `Location`. */
export async function answerWithCode(
  response: Response,
  path: string,
  key: string,
): Promise<Response> {
  const headers = new Headers(response.headers);
  const location = headers.get("location");
  if (location !== null) headers.set("location", withCode(location, key));
  const { status } = response;
  if (status !== 202 || !path.startsWith("orchestrators/")) {
    return new Response(response.body, { status, headers });
  }
  // The length is another one now.
  headers.delete("content-length");
  return new Response(withCode(await response.text(), key), { status, headers });
}
