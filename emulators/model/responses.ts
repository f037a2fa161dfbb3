import type { Completion } from "./complete.ts";

const FINGERPRINT = "fp_offline";

export function toJson(completion: Completion): Response {
  const { id, created, model, usage } = completion;
  return Response.json({
    id,
    object: "chat.completion",
    created,
    model,
    system_fingerprint: FINGERPRINT,
    choices: completion.choices.map(({ text, finishReason }, index) => ({
      index,
      message: { role: "assistant", content: text },
      logprobs: null,
      finish_reason: finishReason,
    })),
    usage,
  });
}

/** Server-sent events: role, the text word by word, the reason it ended, `[DONE]`. */
export function toStream(completion: Completion, includeUsage: boolean): Response {
  const encoder = new TextEncoder();
  const events = [...chunks(completion, includeUsage), "[DONE]"];
  const body = new ReadableStream({
    start(controller) {
      for (const event of events) controller.enqueue(encoder.encode(`data: ${event}\n\n`));
      controller.close();
    },
  });
  return new Response(body, {
    headers: { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" },
  });
}

function* chunks(completion: Completion, includeUsage: boolean): Generator<string> {
  const { id, created, model, usage } = completion;
  const frame = { id, object: "chat.completion.chunk", created, model };
  const chunk = (index: number, delta: object, finish: string | null) =>
    JSON.stringify({
      ...frame,
      system_fingerprint: FINGERPRINT,
      choices: [{ index, delta, logprobs: null, finish_reason: finish }],
      ...(includeUsage && { usage: null }),
    });
  for (const [index, { text, finishReason }] of completion.choices.entries()) {
    yield chunk(index, { role: "assistant", content: "" }, null);
    for (const word of text.match(/\s*\S+|\s+$/g) ?? [])
      yield chunk(index, { content: word }, null);
    yield chunk(index, {}, finishReason);
  }
  if (includeUsage) yield JSON.stringify({ ...frame, choices: [], usage });
}
