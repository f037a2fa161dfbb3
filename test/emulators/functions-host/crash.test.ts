import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startHost, startInstance, untilStatus } from "./host-process.ts";

/** On a machine that is busy each of many starts takes seconds. */
vi.setConfig({ testTimeout: 120_000 });

const KILLS = 10;
const INSTANCES = 12;

let data: string;
beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), "functions-host-"));
});
afterAll(() => rm(data, { recursive: true, force: true }));

test("instances end right however often the host is killed in between", async () => {
  const env = { RUN_LOG: join(data, "runs.log") };
  const ids = Array.from({ length: INSTANCES }, (_, n) => `instance-${n}`);
  const first = await startHost({ data, env });
  for (const [n, id] of ids.entries()) await startInstance(first, "everything", { n }, id);
  await first.kill();

  for (let kill = 1; kill < KILLS; kill += 1) {
    const host = await startHost({ data, env });
    // A different number of requests each time, so that death comes at another moment.
    for (let look = 0; look < kill * 3; look += 1) await host.call("GET", "/");
    await host.kill();
  }

  await using host = await startHost({ data, env });
  for (const [n, id] of ids.entries()) {
    const { output } = await untilStatus(host, id, "Completed", "Failed");
    const squares = [0, 1, 2, 3, 4].map((k) => (n + k) * (n + k));
    expect(output).toEqual({ squares, one: 1, four: 4, retried: "number" });
  }
  const runs = (await readFile(env.RUN_LOG, "utf8")).trim().split("\n").length;
  // Seven activities each, at least once and hardly more often.
  expect(runs).toBeGreaterThanOrEqual(7 * INSTANCES);
  expect(runs).toBeLessThanOrEqual(7 * INSTANCES + KILLS * 20);
});

test("a second host on one data folder is refused, and a dead owner's place is free at once", async () => {
  const first = await startHost({ data });
  await expect(startHost({ data })).rejects.toThrow(
    `Another Functions host (process ${first.process.pid}) uses the data folder`,
  );
  await first.kill();
  await using second = await startHost({ data });
  expect((await second.call("GET", "/admin/host/status")).status).toBe(200);
});

test("SIGTERM ends the host in time, also while an activity runs", async () => {
  const host = await startHost({ data });
  await startInstance(host, "callOne", { name: "wait", input: { ms: 20_000 } }, "slow");
  await untilStatus(host, "slow", "Running");
  const started = performance.now();
  const gone = new Promise<number | null>((resolve) => host.process.once("exit", resolve));
  host.process.kill("SIGTERM");
  expect(await gone).toBe(0);
  expect(performance.now() - started).toBeLessThan(2000);
});

test("a host whose supervisor is gone stops in order, though nobody reads its log", async () => {
  const host = await startHost({ data });
  await startInstance(host, "callOne", { name: "wait", input: { ms: 200 } }, "orphan");
  const gone = new Promise<number | null>((resolve) => host.process.once("exit", resolve));
  host.process.stdout?.destroy();
  host.process.stderr?.destroy();
  host.process.disconnect();
  expect(await gone).toBe(0);

  await using next = await startHost({ data });
  expect((await untilStatus(next, "orphan", "Completed")).output).toBe(200);
});
