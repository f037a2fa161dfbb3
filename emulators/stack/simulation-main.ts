import { bendTime } from "#emulators/kit/bend-time.ts";
import { run } from "#emulators/kit/run.ts";
import { type Answer, serve } from "#emulators/kit/serve.ts";
import { VirtualClock } from "#emulators/kit/virtual-clock.ts";
import { startSimulatedParts } from "./simulated-parts.ts";

const OPTIONS = ["app", "start", "latency", "python", "storage-door"];

/** Its URL is the clock's: `GET` tells the time, `POST` of a number of milliseconds lets them pass. */
await run("The simulation", OPTIONS, async ({ data, more }) => {
  const { app = ".", start = "", latency = "real", python = "python3" } = more;
  const clock = new VirtualClock(readStart(start));
  bendTime(clock);
  const parts = await startSimulatedParts({
    app,
    data,
    latency,
    python,
    storageDoor: more["storage-door"] === "true",
    clock,
    environment: process.env,
  });
  const control = await serve(answerFor(clock));
  return {
    ...control,
    urls: { ...parts.urls },
    async [Symbol.asyncDispose]() {
      await control[Symbol.asyncDispose]();
      await parts[Symbol.asyncDispose]();
    },
  };
});

function readStart(text: string): number {
  const start = Date.parse(text);
  if (Number.isFinite(start)) return start;
  throw new Error(`--start is "${text}"; it has to be a time, as 2026-01-01T00:00:00Z.`);
}

function answerFor(clock: VirtualClock): Answer {
  return async (request) => {
    try {
      if (request.method === "POST") await clock.advance(Number(await request.text()));
      return Response.json({ now: clock.now() });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return Response.json({ error: message }, { status: 500 });
    }
  };
}
