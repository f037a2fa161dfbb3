import { Readable } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createSubmitRun } from "#activities/submit-run.ts";
import { createUploadFlow } from "#activities/upload-flow.ts";
import type { Azurite } from "#emulators/azurite/start-azurite.ts";
import { anApp, BUNDLE } from "#kit/apps.ts";
import { startStand, startStorage } from "./stand.ts";

const MINUTE = 60_000;
const job = { id: "qa-0123456789ab", app: "qa", bundle: BUNDLE };

let storage: Azurite;
beforeAll(async () => {
  storage = await startStorage();
});
afterAll(async () => storage[Symbol.asyncDispose]());

test("a run on a compute instance's runtime ends, and runtime and machine go in this order", async () => {
  await using stand = await startStand(storage, { latency: "real" });
  const { identities, roles, computes, runtimes, runs, history, assets } = stand.azure;
  const { resourceId, principalId } = await identities.ensure("flowgate-local");
  stand.clock.advance(MINUTE);
  await roles.ensureDataScientist(principalId);
  await computes.ensureStarted({
    name: "flowgate-ci-0123456789ab",
    vmSize: "Standard_DS1_v2",
    identity: resourceId,
  });
  stand.clock.advance(10 * MINUTE);
  expect(await computes.read("flowgate-ci-0123456789ab")).toMatchObject({ state: "ready" });
  await runtimes.ensureStarted("flowgate-rt-0123456789ab", "flowgate-ci-0123456789ab");
  stand.clock.advance(10 * MINUTE);
  expect(await runtimes.read("flowgate-rt-0123456789ab")).toMatchObject({ state: "ready" });

  const apps = { read: async () => anApp() };
  const flow = await createUploadFlow(apps, assets).run(job);
  const content = async () => Readable.from([Buffer.from('{"question":"a"}\n')]);
  const data = await assets.uploadFile("data.jsonl", content);
  await createSubmitRun(apps, runs).run({
    ...job,
    variant: null,
    dataset: 0,
    kind: "base",
    run: "r",
    flow,
    data: data.uri,
    baseRun: null,
    place: { kind: "runtime", name: "flowgate-rt-0123456789ab" },
  });
  stand.clock.advance(MINUTE);
  for (let attempt = 0; attempt < 500; attempt += 1) {
    if ((await history.read("r")).state !== "running") break;
  }
  expect(await history.read("r")).toMatchObject({ status: "Completed", error: null });
  expect(await runs.readLines("r", 0, 24)).toEqual([
    { index: 0, outputs: { category: "A" }, failure: null, usage: { latencyMs: 0, tokens: 0 } },
  ]);

  for (const [kind, name] of [
    [runtimes, "flowgate-rt-0123456789ab"],
    [computes, "flowgate-ci-0123456789ab"],
  ] as const) {
    await kind.remove(name);
    stand.clock.advance(10 * MINUTE);
    expect(await kind.read(name)).toMatchObject({ state: "gone" });
  }
  expect(await stand.inventory("computeInstance")).toEqual([]);
  expect(await stand.inventory("runtime")).toEqual([]);
});
