import { setTimeout as sleep } from "node:timers/promises";
import { createCollectRows } from "#activities/collect-rows.ts";
import { createPublishRows } from "#activities/publish-rows.ts";
import { createReadMetrics } from "#activities/read-metrics.ts";
import { createReadRun } from "#activities/read-run.ts";
import { createSubmitRun } from "#activities/submit-run.ts";
import { createUploadData } from "#activities/upload-data.ts";
import { createUploadEvaluation } from "#activities/upload-evaluation.ts";
import { createUploadFlow } from "#activities/upload-flow.ts";
import { createValidate } from "#activities/validate.ts";
import { connectAzure } from "#azure/connect-azure.ts";
import { createEmulatorCredential } from "#azure/credential.ts";
import { createAzureHttp } from "#azure/http.ts";
import { createRunHistory } from "#azure/run-history.ts";
import { createRuns } from "#azure/runs.ts";
import { connectStorage } from "#azure/storage/connect.ts";
import { createResults } from "#azure/storage/results.ts";
import { createRows } from "#azure/storage/rows.ts";
import { createTestData } from "#azure/storage/test-data.ts";
import { settle } from "#domain/gate/contest.ts";
import type { LoggedMetrics } from "#domain/gate/evidence.ts";
import { judge } from "#domain/gate/judge.ts";
import { readApp } from "#domain/manifest/read-app.ts";
import { aPythonApp } from "#kit/python-app.ts";

// What an evaluation's activities do with a dataset, one after the other, as they are wired in main.ts.
const [connectionString = "", armEndpoint = "", blob = "", childRuns = ""] = process.argv.slice(2);

const workspace = {
  subscriptionId: "00000000-0000-0000-0000-000000000001",
  resourceGroup: "flowgate",
  workspace: "local",
};
const credential = createEmulatorCredential(armEndpoint);
const azure = connectAzure({ credential, workspace, armEndpoint });
const storage = connectStorage({ connectionString }, credential);
const results = createResults(storage);
const rows = createRows(storage);
const testData = createTestData(storage);

const app = readApp(aPythonApp({ name: "bench" }), "bench");
const apps = { read: async () => app };
const job = { id: `bench-${blob.replace(/\D/g, "").padStart(12, "0")}`, app: "bench" };
const ours = { ...job, bundle: app.digest };
const cell = { ...ours, variant: null, dataset: 0 };
const place = { kind: "session", name: "5".repeat(48) } as const;

const seconds: Record<string, number> = {};
async function timed<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
  const began = performance.now();
  const result = await work();
  seconds[name] = (performance.now() - began) / 1000;
  return result;
}

async function runToEnd(run: string): Promise<void> {
  for (;;) {
    const { state, error } = await createReadRun(azure.history).run({ run });
    if (state === "completed") return;
    if (state !== "running") throw new Error(`Run ${run} is ${state}: ${error?.message}`);
    await sleep(200);
  }
}

/** Base run and evaluation run where the service can run them. */
async function evaluate(data: { base: string; evaluation: string | null }): Promise<LoggedMetrics> {
  const flow = await createUploadFlow(apps, azure.assets).run(ours);
  const evaluation = await createUploadEvaluation(apps, azure.assets).run(ours);
  const submit = createSubmitRun(apps, azure.runs).run;
  const base = { ...cell, kind: "base", run: "base", flow, data: data.base, place } as const;
  await timed("base run", async () => {
    await submit({ ...base, baseRun: null });
    await runToEnd("base");
  });
  await timed("evaluation run", async () => {
    const own = { run: "evaluation", flow: evaluation, data: data.evaluation, baseRun: "base" };
    await submit({ ...base, ...own, kind: "evaluation" });
    await runToEnd("evaluation");
  });
  return createReadMetrics(azure.metrics).run({ run: "evaluation" });
}

/** The clients of runs over a service that has nothing but their lines. */
function runsAt(url: string): typeof azure.runs {
  const http = createAzureHttp(credential);
  const discover = async () => ({ location: "", flow: url, history: url, metric: url });
  return createRuns({ http, discover, history: createRunHistory(http, discover) });
}

const head = await testData.head(blob);
if (head === null) throw new Error(`There is no ${blob}.`);
const { datasets } = await timed("validated and kept", () =>
  createValidate(apps, testData, results).run({ ...ours, data: head }),
);
const [dataset = { name: "", blob: "", rows: 0 }] = datasets;
const data = await timed("uploaded", () =>
  createUploadData(apps, results, azure.assets).run({ ...ours, dataset }),
);
const logged =
  childRuns === "" ? await evaluate(data) : { finite: { accuracy: 0.75 }, malformed: {} };
const runs = childRuns === "" ? azure.runs : runsAt(childRuns);
const nothing = { read: async () => ({ failedLines: null, error: null }) };
const claims = childRuns === "" ? azure.claims : nothing;
const evidence = await timed("graded", () =>
  createCollectRows({ apps, snapshots: results, runs, claims, rows, logs: results }).run({
    ...cell,
    index: 0,
    round: 0,
    datasetName: null,
    troubles: [],
    baseline: null,
    snapshot: dataset.blob,
    baseRun: "base",
    evaluationRun: "evaluation",
    logged,
  }),
);
await timed("published", () => createPublishRows(rows).run({ id: job.id, parts: 1, rounds: 1 }));
const { gate } = app.manifest;
const judgement = judge(gate, evidence);
const { verdict } = settle([{ variant: null, dataset: "data", judgement }], gate);
process.send?.({ seconds, rows: dataset.rows, outcome: verdict.outcome, counts: verdict.rows });
