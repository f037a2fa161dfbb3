import { type Emulator, serve } from "#emulators/kit/serve.ts";

export interface Asked {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly headers: Headers;
  readonly body: unknown;
}

export interface LiteralAnswer {
  readonly status?: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface LiteralServer extends Emulator {
  readonly asked: Asked[];
}

/** Answers what the test says, and remembers what was asked; anything else is a 404. */
export async function startLiteral(
  answer: (asked: Asked, count: number) => LiteralAnswer | undefined,
): Promise<LiteralServer> {
  const asked: Asked[] = [];
  const server = await serve(async (request) => {
    const text = await request.text();
    const path = new URL(request.url).pathname;
    const body: unknown = text === "" ? undefined : JSON.parse(text);
    const question = { method: request.method, path, headers: request.headers, body };
    asked.push(question);
    const answered = answer(question, asked.length) ?? { status: 404, body: {} };
    return new Response(answered.body === undefined ? null : JSON.stringify(answered.body), {
      status: answered.status ?? 200,
      headers: { "content-type": "application/json", ...answered.headers },
    });
  });
  return { ...server, asked };
}

export const credential = {
  getToken: async () => ({ token: "local", expiresOnTimestamp: Date.now() + 3_600_000 }),
};
