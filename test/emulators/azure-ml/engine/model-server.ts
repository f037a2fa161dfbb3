import { serve } from "#emulators/kit/serve.ts";

interface SeenCall {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>> & {
    readonly messages: readonly { readonly role: string; readonly content: string }[];
  };
}

type Reply = string | Response | Promise<string | Response>;

/** A chat model whose answers are written by the test. */
export async function startModel(answer: (call: SeenCall) => Reply) {
  const calls: SeenCall[] = [];
  const server = await serve(async (request) => {
    const { pathname, search } = new URL(request.url);
    const body = (await request.json()) as SeenCall["body"];
    const call = { path: pathname + search, headers: Object.fromEntries(request.headers), body };
    calls.push(call);
    const reply = await answer(call);
    return typeof reply === "string" ? Response.json(completion(reply)) : reply;
  });
  return { url: server.url, calls, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

export function completion(content: string) {
  return {
    choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }],
    usage: { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 },
  };
}
