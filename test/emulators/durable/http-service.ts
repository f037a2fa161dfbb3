import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { CallHttpOptions } from "durable-functions";
import { openBackend, type TestBackend } from "./backend.ts";

export type Answer = (request: Seen, response: ServerResponse) => void;

interface Seen {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** A service on loopback that answers each request with the next of `answers`, the last one again and again. */
export async function aService(...answers: readonly Answer[]) {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const { method, url: path, headers } = request;
      const one = { method, path, headers, body };
      const answer = answers[Math.min(seen.length, answers.length - 1)];
      seen.push(one);
      answer?.(one, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    seen,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export const ok: Answer = (_request, response) => response.end("fine");

export const accepted =
  (headers: Readonly<Record<string, string>>): Answer =>
  (_request, response) =>
    response.writeHead(202, headers).end();

/** Calls with `options`; `callsThenWorks` calls an activity afterwards. */
export function aBackend(
  options: Partial<CallHttpOptions>,
  place: Pick<Parameters<typeof openBackend>[0], "folder" | "clock"> = {},
): TestBackend {
  return openBackend({
    ...place,
    orchestrators: {
      *calls(context) {
        const { df } = context;
        return yield df.callHttp({ method: "GET", url: "", ...options });
      },
      *callsThenWorks(context) {
        const { df } = context;
        const answer = yield df.callHttp({ method: "GET", url: "", ...options });
        return [(answer as { statusCode: number }).statusCode, yield df.callActivity("work")];
      },
    },
    activities: { work: () => "worked" },
  });
}

export async function untilEnd(backend: TestBackend, name = "calls") {
  const { id } = await backend.run(name, null, "i");
  await backend.until(() => backend.instance(id).status !== "Running");
  return backend.instance(id);
}
