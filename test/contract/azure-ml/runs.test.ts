import { afterAll, beforeAll, expect, test } from "vitest";
import type { z } from "zod";
import { createSubmitRun } from "#activities/submit-run.ts";
import { createUploadData } from "#activities/upload-data.ts";
import { createUploadFlow } from "#activities/upload-flow.ts";
import type { App } from "#domain/bundle/bundle.ts";
import type { submitRun } from "#domain/steps.ts";
import type { Azurite } from "#emulators/azurite/start-azurite.ts";
import { anApp, aRunSpec, BUNDLE } from "#kit/apps.ts";
import { createGradeEngine } from "./grade-engine.ts";
import { type Clients, type Stand, startStand, startStorage } from "./stand.ts";

const job = { id: "qa-0123456789ab", app: "qa", bundle: BUNDLE };
const SUBMIT = /BulkRuns\/submit/;

let storage: Azurite;
beforeAll(async () => {
  storage = await startStorage();
});
afterAll(async () => storage[Symbol.asyncDispose]());

/** Submits run `r` of an app; twice gives the same run. */
async function submitter({ assets, runs }: Clients, app: App = anApp()) {
  const apps = { read: async () => app };
  const snapshots = {
    open: async () =>
      (async function* () {
        yield Buffer.from('{"question":"a"}\n');
      })(),
  };
  const flow = await createUploadFlow(apps, assets).run(job);
  const dataset = { name: "data.jsonl", blob: "x/data-0.jsonl" };
  const data = await createUploadData(apps, snapshots, assets).run({
    ...job,
    dataset,
  });
  const place = { kind: "session", name: "5".repeat(48) } as const;
  const submit = createSubmitRun(apps, runs).run;
  return (differences: Partial<z.infer<typeof submitRun.input>> = {}) =>
    submit({
      ...job,
      variant: null,
      dataset: 0,
      kind: "base",
      run: "r",
      flow,
      data: data.base,
      baseRun: null,
      place,
      ...differences,
    });
}

async function submits(stand: Stand): Promise<number> {
  return (await stand.requests()).filter((request) => SUBMIT.test(request)).length;
}

async function ended({ azure }: Stand, run: string) {
  for (let attempt = 0; attempt < 500; attempt += 1) {
    const answer = await azure.history.read(run);
    if (answer.state !== "running") return answer;
  }
  throw new Error(`Run ${run} did not end.`);
}

test("a run that is there under its name is adopted without another submit", async () => {
  await using stand = await startStand(storage);
  const submit = await submitter(stand.azure);
  await submit();
  await submit();

  expect(await submits(stand)).toBe(1);
  expect(await stand.inventory("run")).toHaveLength(1);
});

test("a submit whose answer was lost is found in history", async () => {
  await using stand = await startStand(storage);
  const submit = await submitter(stand.azure);
  await stand.fault({ path: SUBMIT.source, do: { drop: "after" } });

  await expect(submit()).resolves.toEqual({});
  expect(await submits(stand)).toBe(1);
});

test.each([{ drop: "before" }, { status: 500 }, { status: 503 }])(
  "a submit that did not arrive (%o) is worth another try, which is not ours",
  async (fault) => {
    await using stand = await startStand(storage);
    const submit = await submitter(stand.azure);
    await stand.fault({ path: SUBMIT.source, do: fault });

    await expect(submit()).rejects.toMatchObject({ code: "AZURE_BUSY", retryable: true });
    expect(await submits(stand)).toBe(1);
    await expect(submit()).resolves.toEqual({});
  },
);

test("a submit that is refused because the run exists counts as done", async () => {
  await using stand = await startStand(storage);
  const submit = await submitter(stand.azure);
  await submit();
  await stand.fault({ path: "/rundata", do: { status: 404 } });

  await expect(submit()).resolves.toEqual({});
  expect(await submits(stand)).toBe(2);
});

test("a submit that is refused as if the run existed, which history does not know, is worth another try", async () => {
  await using stand = await startStand(storage);
  const submit = await submitter(stand.azure);
  await stand.fault({ path: SUBMIT.source, do: { status: 409 } });

  await expect(submit()).rejects.toMatchObject({
    code: "AZURE_BUSY",
    message: expect.stringMatching(/^Azure answered 409 to POST .*BulkRuns\/submit: /),
  });
  await expect(submit()).resolves.toEqual({});
});

test("a run of another bundle under the same name is refused", async () => {
  await using stand = await startStand(storage);
  const submit = await submitter(stand.azure);
  await submit();

  const bundle = `sha256:${"c".repeat(64)}`;
  await expect(submit({ bundle })).rejects.toMatchObject({ code: "AZURE_REFUSED" });
});

test("a run keeps bundle, pipeline and flow in its properties", async () => {
  await using stand = await startStand(storage);
  await (await submitter(stand.azure))();

  expect((await stand.azure.history.read("r")).properties).toMatchObject({
    "flowgate.bundle": BUNDLE,
    "flowgate.pipeline": "qa-0123456789ab",
    "flowgate.flow": "qa",
  });
});

test("a run that fails as a whole says why, in which file of the app and on which line", async () => {
  await using stand = await startStand(storage);
  const baseRun = aRunSpec({ environmentVariables: { BROKEN: "1" } });
  await (await submitter(stand.azure, anApp({ baseRun })))();

  expect(await ended(stand, "r")).toMatchObject({
    status: "Failed",
    state: "failed",
    error: {
      code: "RUN_FAILED",
      message: "Run r failed: Failed to load python file 'answer.py': invalid syntax.",
      file: "qa/answer.py",
      line: 3,
      node: null,
    },
  });
});

test("a run that is cancelled ends as canceled, and cancelling it again is fine", async () => {
  await using stand = await startStand(storage);
  await stand.fault({ on: "run", match: "^r$", outcome: "never" });
  await (await submitter(stand.azure))();
  expect((await stand.azure.history.read("r")).state).toBe("running");

  await stand.azure.runs.cancel("r");
  expect(await ended(stand, "r")).toMatchObject({ state: "canceled", error: null });
  await expect(stand.azure.runs.cancel("r")).resolves.toBeUndefined();
  await expect(stand.azure.runs.cancel("nobody")).resolves.toBeUndefined();
});

test("a run that history does not know is worth asking for again", async () => {
  await using stand = await startStand(storage);

  await expect(stand.azure.history.read("r")).rejects.toMatchObject({
    code: "AZURE_BUSY",
    message: expect.stringMatching(
      /^Azure answered 404 to POST rundata: run history does not know run r \(request [0-9a-f-]{36}\)\. Start the pipeline again later, with a higher attempt\.$/,
    ),
  });
});

test("metrics that are no finite number are malformed, and never a number", async () => {
  const odd = { nan: Number.NaN, text: "0.9", nothing: null, infinite: Number.POSITIVE_INFINITY };
  await using stand = await startStand(storage, { engine: createGradeEngine(odd) });
  const submit = await submitter(stand.azure);
  await submit();
  await ended(stand, "r");
  await submit({ kind: "evaluation", run: "e", baseRun: "r" });
  await ended(stand, "e");

  const { finite, malformed } = await stand.azure.metrics.read("e");
  expect(finite).toEqual({ accuracy: 0 });
  expect(
    Object.keys(malformed)
      .filter((name) => name in odd)
      .sort(),
  ).toEqual(Object.keys(malformed).sort());
});
