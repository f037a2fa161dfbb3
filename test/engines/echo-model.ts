import { serve } from "#emulators/kit/serve.ts";

/** A model that answers with what it was asked, so that requests are compared too. */
export function startEcho() {
  return serve(async (request) => {
    const { stream, ...asked } = (await request.json()) as Record<string, unknown>;
    const content = JSON.stringify(Object.fromEntries(Object.entries(asked).sort()));
    return stream ? inPieces(content) : atOnce(content);
  });
}

const ANSWER = { id: "echo", created: 0, model: "echo" };

function atOnce(content: string): Response {
  const message = { role: "assistant", content };
  return Response.json({
    ...ANSWER,
    object: "chat.completion",
    choices: [{ index: 0, message, text: content, finish_reason: "stop" }],
    usage: { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 },
  });
}

function inPieces(content: string): Response {
  const choices = [{ index: 0, delta: { content }, finish_reason: null }];
  const chunk = { ...ANSWER, object: "chat.completion.chunk", choices };
  const events = `data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`;
  return new Response(events, { headers: { "content-type": "text/event-stream" } });
}
