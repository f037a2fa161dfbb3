/** A line of what the host offers: a function with its trigger and, if it has one, its URL. */
export interface Listing {
  readonly name: string;
  readonly trigger: string;
  readonly methods: readonly string[];
  readonly url: string | undefined;
  /** Why the function does not work. */
  readonly problem: string | undefined;
}

/** The functions as text, one a line. */
export function listingText(listings: readonly Listing[]): string {
  if (listings.length === 0) return "No functions.\n";
  const width = Math.max(...listings.map(({ name }) => name.length));
  return listings.map((listing) => `${listingLine(listing, width)}\n`).join("");
}

function listingLine({ name, trigger, methods, url, problem }: Listing, width: number): string {
  const target = url ? ` ${methods.length > 0 ? `[${methods.join(",")}] ` : ""}${url}` : "";
  const fault = problem ? ` IN ERROR: ${problem}` : "";
  return `  ${name.padEnd(width)}  ${trigger}${target}${fault}`;
}

/** What `GET /` shows. */
export function homePage(listings: readonly Listing[]): Response {
  return new Response(`Azure Functions host emulator\n\n${listingText(listings)}`, {
    headers: { "content-type": "text/plain; charset=utf-8" },
  });
}
