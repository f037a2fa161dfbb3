import { afterAll, beforeAll, expect, test } from "vitest";
import { startStorage, type TestStorage } from "#kit/storage.ts";
import { brought, jobOf } from "./bring.ts";
import { startStand } from "./stand.ts";

let storage: TestStorage;
beforeAll(async () => {
  storage = await startStorage();
});
afterAll(() => storage[Symbol.asyncDispose]());

test("traffic is taken back also while the earlier one is still read", async () => {
  const latency = "none,trafficReadBack=5";
  await using stand = await startStand(storage.connectionString, { latency });
  const { plan } = await brought(stand, jobOf(stand));
  const { endpoint, deployment: old } = plan;
  await stand.setTraffic({ endpoint, traffic: { [old]: 100 } });
  stand.clock.advance(5_000);
  const next = await brought(stand, jobOf(stand, { "qa/words.txt": "new" }));

  await stand.setTraffic({ endpoint, traffic: { [old]: 90, [next.plan.deployment]: 10 } });
  expect((await stand.readEndpoint({ endpoint })).traffic).toEqual({ [old]: 100 });
  await stand.setTraffic({ endpoint, traffic: { [old]: 100 } });
  stand.clock.advance(5_000);

  expect((await stand.readEndpoint({ endpoint })).traffic).toEqual({ [old]: 100 });
  await stand.remove(next.plan);
  expect((await stand.read(next.plan)).state).toBe("gone");
});
