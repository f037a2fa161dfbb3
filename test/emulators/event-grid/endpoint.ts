import { type Emulator, serve } from "#emulators/kit/serve.ts";

export interface Endpoint extends Emulator {
  /** Body of each event that was posted, in order, also of those refused. */
  readonly received: { readonly headers: Headers; readonly body: unknown }[];
  /** What the next posts answer; then 200. */
  readonly answers: (number | "never")[];
  /** Resolves once this many were posted. */
  got(count: number): Promise<void>;
}

/** A subscriber that shakes hands unless told otherwise. */
export async function startEndpoint(allowedOrigin: string | null = "*"): Promise<Endpoint> {
  const received: Endpoint["received"] = [];
  const answers: Endpoint["answers"] = [];
  let waiting: { count: number; done: () => void }[] = [];
  const server = await serve(async (request) => {
    if (request.method === "OPTIONS") return handshake(allowedOrigin);
    received.push({ headers: request.headers, body: await request.json() });
    for (const { count, done } of waiting) if (received.length >= count) done();
    waiting = waiting.filter(({ count }) => received.length < count);
    const answer = answers.shift() ?? 200;
    if (answer === "never") return new Promise<Response>(() => {});
    return new Response(null, { status: answer });
  });
  return {
    ...server,
    received,
    answers,
    got(count) {
      if (received.length >= count) return Promise.resolve();
      return new Promise((done) => waiting.push({ count, done }));
    },
  };
}

function handshake(allowedOrigin: string | null): Response {
  const headers = allowedOrigin === null ? {} : { "webhook-allowed-origin": allowedOrigin };
  return new Response(null, { headers });
}
