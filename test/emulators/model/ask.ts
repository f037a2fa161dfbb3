import type { Emulator } from "#emulators/kit/serve.ts";

export interface Said {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

export async function post(model: Emulator, body: unknown, path = "/v1/chat/completions") {
  const response = await fetch(model.url + path, {
    method: "POST",
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return { response, body: (await response.json()) as Record<string, unknown> };
}

/** What the model answers to a prompt, or to a conversation. */
export async function ask(model: Emulator, prompt: string | readonly Said[]): Promise<string> {
  const messages = typeof prompt === "string" ? [{ role: "user", content: prompt }] : prompt;
  const { body } = await post(model, { model: "gpt", messages });
  const { choices } = body as { choices: { message: { content: string } }[] };
  return choices[0]?.message.content ?? "";
}
