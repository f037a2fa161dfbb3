import { request } from "node:http";
import { setImmediate as nextRound, setTimeout as sleep } from "node:timers/promises";
import { bendTime } from "#emulators/kit/bend-time.ts";
import { serve } from "#emulators/kit/serve.ts";
import { VirtualClock } from "#emulators/kit/virtual-clock.ts";

// Prints what code that knows no clock sees of one, for bend-time.test.ts.
const clock = new VirtualClock(Date.parse("2026-01-01T00:00:00Z"));
bendTime(clock);

const stop = new AbortController();
const aborted = sleep(1_000, undefined, { signal: stop.signal }).catch((error: unknown) => error);
stop.abort("enough");
const late = AbortSignal.timeout(30_000);
const times: Record<string, string> = {};
const note = (name: string) => {
  times[name] = new Date().toISOString();
};
late.addEventListener("abort", () => note("deadline"));

await using server = await serve(
  async () => {
    await clock.pause(clock.now() + 60_000);
    return new Response("well");
  },
  0,
  clock,
);
const work = [
  clock.work("sleep", async () => {
    await sleep(90_000);
    note("sleep");
  }),
  clock.work("fetch", async () => {
    await (await fetch(server.url)).text();
    note("fetch");
  }),
  clock.work("cut off", async () => {
    await fetch(server.url, { signal: late }).catch(() => undefined);
    // Real work, which the answer that nobody waits for any more does not let time skip.
    for (let round = 0; round < 50; round += 1) await nextRound();
    note("cut off");
  }),
  clock.work("request", async () => {
    await new Promise((resolve) => request(server.url, resolve).end());
    note("request");
  }),
];
await clock.advance(120_000);
await Promise.all(work);

process.stdout.write(
  JSON.stringify({
    times,
    now: [Date.now() === clock.now(), new Date().toISOString(), Date() === new Date().toString()],
    given: [new Date(0).toISOString(), Date.UTC(2026, 0, 1), new Date() instanceof Date],
    value: await Promise.race([sleep(0, "value"), clock.advance(1)]),
    aborted: await aborted.then((error) => {
      const { name, code, cause } = error as Error & { code: string };
      return { name, code, cause };
    }),
    late: late.reason.name,
  }),
);
