import { Hono } from "hono";
import { BackDoor } from "#emulators/kit/back-door.ts";
import { type Clock, systemClock } from "#emulators/kit/clock.ts";
import { type Emulator, serve } from "#emulators/kit/serve.ts";
import { readChatRequest } from "./chat-request.ts";
import { complete } from "./complete.ts";
import { ApiError, errorBody } from "./errors.ts";
import { toJson, toStream } from "./responses.ts";

export interface ModelOptions {
  /** 0 or none takes a free one. */
  readonly port?: number;
  readonly clock?: Clock;
  /** Waits this long before it answers. */
  readonly latencyMs?: number;
}

const MODEL = "offline";

/**
 * A chat model without weights: OpenAI's and Azure OpenAI's chat completions over HTTP, answered by an
 * in-context classifier. Any key is accepted, and none.
 */
export function startModel({ port = 0, clock = systemClock, latencyMs = 0 }: ModelOptions = {}) {
  const app = new Hono();

  const answer = async (request: Request, deployment?: string): Promise<Response> => {
    const chat = readChatRequest(await request.text(), deployment);
    if (latencyMs > 0) await clock.pause(clock.now() + latencyMs);
    const completion = complete(chat, Math.floor(clock.now() / 1000));
    return chat.stream ? toStream(completion, chat.includeUsage) : toJson(completion);
  };
  for (const path of ["/chat/completions", "/v1/chat/completions", "/openai/v1/chat/completions"]) {
    app.post(path, (c) => answer(c.req.raw));
  }
  app.post("/openai/deployments/:deployment/chat/completions", (c) =>
    answer(c.req.raw, c.req.param("deployment")),
  );
  app.get("/v1/models", (c) =>
    c.json({
      object: "list",
      data: [{ id: MODEL, object: "model", created: 0, owned_by: "flowgate" }],
    }),
  );
  app.notFound((c) => c.json(errorBody(ApiError.noRoute(c.req.method, c.req.path)), 404));
  app.onError((error, c) => {
    const known = error instanceof ApiError ? error : ApiError.internal(error);
    return c.json(errorBody(known), known.status);
  });

  const backDoor = new BackDoor(clock);
  return serve(
    backDoor.guard((request) => app.fetch(request)),
    port,
    clock,
  ) satisfies Promise<Emulator>;
}
