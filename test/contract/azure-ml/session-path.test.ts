import { Readable } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createCollectRows } from "#activities/collect-rows.ts";
import { createReadMetrics } from "#activities/read-metrics.ts";
import { createReadRun } from "#activities/read-run.ts";
import { createReadSession } from "#activities/read-session.ts";
import { createRemoveResource } from "#activities/remove-resource.ts";
import { createStartSession } from "#activities/start-session.ts";
import { createSubmitRun } from "#activities/submit-run.ts";
import { createUploadData } from "#activities/upload-data.ts";
import { createUploadEvaluation } from "#activities/upload-evaluation.ts";
import { createUploadFlow } from "#activities/upload-flow.ts";
import type { App } from "#domain/bundle/bundle.ts";
import type { Row } from "#domain/pipeline.ts";
import type { Azurite } from "#emulators/azurite/start-azurite.ts";
import { anApp, BUNDLE } from "#kit/apps.ts";
import { type Clients, startStand, startStorage } from "./stand.ts";

const job = { id: "qa-0123456789ab", app: "qa", bundle: BUNDLE };
const session = "5".repeat(48);
const cell = { ...job, variant: null, dataset: 0 };

const DATASET = [
  '{"question":"a","answer":"A"}',
  '{"question":"b","answer":"C"}',
  "",
  '{"question":"boom","answer":"X"}',
  '{"question":"boum","answer":"X"}',
  '{"question":"silent","answer":"X"}',
].join("\n");

let storage: Azurite;
beforeAll(async () => {
  storage = await startStorage();
});
afterAll(async () => storage[Symbol.asyncDispose]());

/** The activities as they are wired, over an app and its snapshot in memory. */
function activities(clients: Clients, app: App) {
  const { assets, sessions, runs, history, metrics, claims, ...more } = clients;
  const apps = { read: async () => app };
  const written: { rows: Row[]; logs: Record<string, string> } = { rows: [], logs: {} };
  const reader = { open: async () => Readable.from([Buffer.from(DATASET)]) };
  return {
    written,
    uploadFlow: createUploadFlow(apps, assets).run,
    uploadEvaluation: createUploadEvaluation(apps, assets).run,
    uploadData: createUploadData(apps, reader, assets).run,
    startSession: createStartSession(apps, sessions).run,
    readSession: createReadSession(sessions).run,
    submitRun: createSubmitRun(apps, runs).run,
    readRun: createReadRun(history).run,
    readMetrics: createReadMetrics(metrics).run,
    removeResource: createRemoveResource({
      session: sessions,
      runtime: more.runtimes,
      computeInstance: more.computes,
    }).run,
    collectRows: createCollectRows({
      apps,
      snapshots: reader,
      runs,
      claims,
      rows: {
        async writePart(_id, _part, _round, pages) {
          written.rows = [];
          for await (const rows of pages) written.rows.push(...rows);
        },
        readPart: async () => null,
        read: async () => null,
      },
      logs: {
        async writeText(_id, name, text) {
          written.logs[name] = text;
        },
      },
    }).run,
  };
}

type Activities = ReturnType<typeof activities>;

/** Uploads, has a session, and runs both flows to their ends. */
async function evaluate(steps: Activities, app: App) {
  const flow = await steps.uploadFlow(job);
  const evaluation = await steps.uploadEvaluation(job);
  const dataset = { name: "qa/data.jsonl", blob: `${job.id}/data-0.jsonl` };
  const data = await steps.uploadData({ ...job, dataset });
  const { operation } = await steps.startSession({
    ...job,
    name: session,
    vmSize: "Standard_DS1_v2",
  });
  expect(await steps.readSession({ name: session, operation })).toMatchObject({ state: "pending" });
  expect(await steps.readSession({ name: session, operation })).toMatchObject({ state: "ready" });

  const place = { kind: "session", name: session } as const;
  const base = {
    ...cell,
    kind: "base",
    run: "base-0",
    flow,
    data: data.base,
    baseRun: null,
    place,
  } as const;
  await steps.submitRun(base);
  const baseEnd = await ended(steps, "base-0");
  if (app.evaluationRun.data === null) expect(data.evaluation).toBeNull();
  await steps.submitRun({
    ...base,
    kind: "evaluation",
    run: "evaluation-0",
    flow: evaluation,
    data: data.evaluation,
    baseRun: "base-0",
  });
  return { flow, data, base: baseEnd, evaluation: await ended(steps, "evaluation-0") };
}

async function ended(steps: Activities, run: string) {
  for (let attempt = 0; attempt < 500; attempt += 1) {
    const answer = await steps.readRun({ run });
    if (answer.state !== "running") return answer;
  }
  throw new Error(`Run ${run} did not end.`);
}

const collected = {
  ...cell,
  index: 0,
  round: 0,
  datasetName: null,
  troubles: [],
  baseline: null,
  snapshot: "s",
  baseRun: "base-0",
  evaluationRun: "evaluation-0",
  logged: { finite: { accuracy: 0.25 }, malformed: {} },
};

test("an evaluation in a session goes from upload to rows, and leaves no session behind", async () => {
  await using stand = await startStand(storage);
  const app = anApp();
  const steps = activities(stand.azure, app);

  const { base, evaluation } = await evaluate(steps, app);
  expect(base).toEqual({ status: "Completed", state: "completed", error: null });
  expect(evaluation).toEqual({ status: "Completed", state: "completed", error: null });

  expect(await steps.readMetrics({ run: "evaluation-0" })).toEqual({
    finite: { accuracy: 0.25 },
    malformed: {},
  });
  expect((await steps.collectRows(collected)).tally).toEqual({
    expected: 5,
    correct: 1,
    incorrect: 2,
    runError: 1,
    evalError: 1,
    missing: 0,
    graded: 2,
    firstError: { line: 2, node: "answer", type: "ValueError" },
    troubles: [],
  });
  const outcomes = steps.written.rows.map(({ line, outcome, grade }) => [line, outcome, grade]);
  expect(outcomes).toEqual([
    [0, "correct", "Correct"],
    [1, "incorrect", "Incorrect"],
    [2, "runError", null],
    [3, "evalError", null],
    [4, "incorrect", null],
  ]);
  expect(Object.keys(steps.written.logs)).toEqual(["base-0.log", "evaluation-0.log"]);
  expect(steps.written.logs["base-0.log"]).not.toContain("Receiving v2 bulk run request");

  const counted = { dataContainerId: "dcid.base-0", name: "__pf__.lines.failed" };
  const body = { value: [{ ...counted, value: [{ data: { "__pf__.lines.failed": 2 } }] }] };
  await stand.fault({ path: "runs/base-0/lastvalues", do: { status: 200, body } });
  expect((await steps.collectRows(collected)).tally).toMatchObject({
    expected: 5,
    correct: 0,
    runError: 2,
    troubles: [{ run: "base", claimed: 2, shown: 1 }],
  });

  await steps.removeResource({ kind: "session", name: session });
  await steps.removeResource({ kind: "session", name: session });
  expect(await steps.readSession({ name: session, operation: null })).toMatchObject({
    state: "gone",
  });
  expect(await stand.inventory("session")).toEqual([]);
});
