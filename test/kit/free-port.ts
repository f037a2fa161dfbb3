import { serve } from "#emulators/kit/serve.ts";

/** One that nobody listened on a moment ago. */
export async function aFreePort(): Promise<number> {
  await using server = await serve(() => new Response());
  return server.port;
}
