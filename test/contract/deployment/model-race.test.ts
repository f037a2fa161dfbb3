import { afterAll, beforeAll, expect, test } from "vitest";
import { createRegisterModel, type ModelLocker } from "#activities/register-model.ts";
import { MODEL_LOCKS } from "#azure/storage/ledger.ts";
import { createLocks } from "#azure/storage/locks.ts";
import { PipelineError } from "#domain/errors.ts";
import { anApp, WORKSPACE } from "#kit/deployment-app.ts";
import { startStorage, type TestStorage } from "#kit/storage.ts";
import { type Stand, startStand } from "./stand.ts";

let storage: TestStorage;
beforeAll(async () => {
  storage = await startStorage();
});
afterAll(() => storage[Symbol.asyncDispose]());

const NOON = new Date("2026-01-01T12:00:00Z");

/** Registers as the pipelines do, over locks in storage. */
function registering({ azure, stored }: Stand, locks: ModelLocker, now = NOON) {
  return createRegisterModel({
    ...azure,
    apps: { read: async (_, bundle) => stored.get(bundle) ?? anApp() },
    workspace: WORKSPACE,
    locks,
    clock: { now: () => now },
  }).run;
}

/** As an orchestrator does: what is busy is asked again. */
async function untilItWorks<Result>(work: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof PipelineError) || !error.retryable) throw error;
    }
  }
}

/** Bundles that differ, though the folder that becomes the model is the same in all of them. */
function jobsWithOneFlow({ stored }: Stand, count: number) {
  return Array.from({ length: count }, (_, n) => {
    const app = anApp({ "grade/notes.txt": `bundle ${n}`, "qa/words.txt": "the same" });
    stored.set(app.digest, app);
    return { id: `qa-0123456789a${n}`, app: "qa", bundle: app.digest, variant: null };
  });
}

async function bundleOf(stand: Stand, version: string): Promise<string | undefined> {
  const answer = await stand.arm(`/models/qa-model/versions/${version}`);
  const { properties } = answer as {
    properties: { properties: Readonly<Record<string, string>> };
  };
  return properties.properties["flowgate.bundle"];
}

test("pipelines that register equal content at the same instant get a version each, and keep it", async () => {
  await using stand = await startStand(storage.connectionString);
  const register = registering(stand, createLocks(storage.storage, MODEL_LOCKS));
  const jobs = jobsWithOneFlow(stand, 4);
  const models = await Promise.all(jobs.map((job) => untilItWorks(() => register(job))));

  expect(models.map(({ version }) => version).toSorted()).toEqual(["1", "2", "3", "4"]);
  const bundles = await Promise.all(models.map(({ version }) => bundleOf(stand, version)));
  expect(bundles).toEqual(jobs.map(({ bundle }) => bundle));
});

test("a pipeline that registers twice at the same instant has one version", async () => {
  await using stand = await startStand(storage.connectionString);
  const register = registering(stand, createLocks(storage.storage, MODEL_LOCKS));
  const [job] = jobsWithOneFlow(stand, 1);
  if (job === undefined) throw new Error("There is one job.");
  const [one, other] = await Promise.all([register(job), register(job)]);

  expect(one).toEqual(other);
});

test("a pipeline waits for another one that registers, names it, and not for one that died over it", async () => {
  await using stand = await startStand(storage.connectionString);
  const locks = createLocks(storage.storage, MODEL_LOCKS);
  const [job] = jobsWithOneFlow(stand, 1);
  if (job === undefined) throw new Error("There is one job.");
  await locks.acquire("qa-model", "other", "2026-01-01T12:00:30.000Z", NOON.toISOString());

  await expect(registering(stand, locks)(job)).rejects.toMatchObject({
    code: "AZURE_BUSY",
    message: "Pipeline other is registering a version of model qa-model.",
  });
  const later = new Date(NOON.getTime() + 31_000);
  expect(await registering(stand, locks, later)(job)).toMatchObject({ version: "1" });
});

test("a registration that fails gives its turn back", async () => {
  await using stand = await startStand(storage.connectionString);
  const locks = createLocks(storage.storage, MODEL_LOCKS);
  const [one, other] = jobsWithOneFlow(stand, 2);
  if (one === undefined || other === undefined) throw new Error("There are two jobs.");
  await stand.fault({ path: "models/qa-model/versions/1", do: { status: 400, body: {} } });

  await expect(registering(stand, locks)(one)).rejects.toMatchObject({ code: "AZURE_REFUSED" });
  expect(await registering(stand, locks)(other)).toMatchObject({ version: "1" });
});
