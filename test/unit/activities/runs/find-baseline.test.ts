import { expect, test } from "vitest";
import { createFindBaseline } from "#activities/find-baseline.ts";
import type { Serving } from "#domain/baseline.ts";
import { PipelineError } from "#domain/errors.ts";
import { GatePolicy } from "#domain/gate/policy.ts";
import type { Pipeline, RunRecord } from "#domain/pipeline.ts";
import { anApp, BUNDLE, files } from "#kit/apps.ts";
import { aPipeline } from "#kit/pipelines.ts";

const DIGEST = `sha256:${"d".repeat(64)}`;
const OTHER = `sha256:${"e".repeat(64)}`;
const input = { id: "qa-new", app: "qa", bundle: BUNDLE, digest: DIGEST };
const serving = {
  state: "serving",
  deployment: "fg-old",
  bundle: OTHER,
  variant: "${ask.a}",
} as const;
const metrics = [
  { name: "accuracy", min: 0.5, maxDrop: 0.1 },
  { name: "speed", min: 1 },
];
const deployment = files({
  "deployment/endpoint.yaml": "name: qa-live\n",
  "deployment/deployment.yaml": "environment: azureml:serve:1\ninstance_type: Standard_E4s_v3\n",
});

const run: RunRecord = {
  variant: "${ask.a}",
  baseRun: "b",
  evaluationRun: "e",
  status: "Completed",
  metrics: { accuracy: 0.9, speed: 4 },
};

function evaluated(id: string, differences: Partial<Pipeline> = {}): Pipeline {
  const verdict = { outcome: "passed", reasons: [], metrics: {}, rows: null } as const;
  return {
    ...aPipeline({ id }),
    data: DIGEST,
    verdict: { ...verdict, reasons: [] },
    runs: [run],
    ...differences,
  };
}

interface World {
  readonly app?: ReturnType<typeof anApp>;
  readonly serving?: Serving | PipelineError;
  /** Newest first. */
  readonly pipelines?: readonly Pipeline[];
  readonly withoutRows?: readonly string[];
}

function find({ app, serving: now = serving, pipelines = [], withoutRows = [] }: World) {
  const manifest = { ...anApp().manifest, gate: GatePolicy.parse({ metrics }) };
  const asked: unknown[] = [];
  const activity = createFindBaseline({
    apps: { read: async () => app ?? anApp({ manifest, files: deployment }) },
    workspace: { subscriptionId: "s", resourceGroup: "g", workspace: "w" },
    endpoints: {
      async readServing(endpoint) {
        asked.push(endpoint);
        if (now instanceof PipelineError) throw now;
        return now;
      },
    },
    pipelines: {
      async list(filter, _top, after) {
        asked.push(filter);
        const place = Number(after ?? 0);
        const items = pipelines.slice(place, place + 1);
        return { items, next: place + 1 < pipelines.length ? String(place + 1) : null };
      },
    },
    documents: { readPipeline: async (id) => pipelines.find((one) => one.id === id) ?? null },
    rows: { arePublished: async (id) => !withoutRows.includes(id) },
  });
  return { answer: activity.run(input), asked };
}

test("what serves is asked for at the app's own endpoint, and its bundle's pipelines are looked through", async () => {
  const { answer, asked } = find({ pipelines: [evaluated("qa-1")] });
  await answer;
  expect(asked).toEqual(["qa-live", { app: "qa", bundle: OTHER }]);
});

test("the newest pipeline that evaluated it on this dataset is the one, with all that it logged", async () => {
  const { answer } = find({
    pipelines: [
      evaluated("qa-new"),
      evaluated("qa-7", { data: OTHER }),
      evaluated("qa-6", { verdict: null }),
      evaluated("qa-5", { runs: [{ ...run, variant: "${ask.b}" }] }),
      evaluated("qa-4", { runs: [{ ...run, status: "Failed" }] }),
      evaluated("qa-3", { verdict: { outcome: "error", reasons: [], metrics: {}, rows: null } }),
      evaluated("qa-2"),
      evaluated("qa-1"),
    ],
  });
  expect(await answer).toEqual({
    deployment: "fg-old",
    pipeline: "qa-2",
    variant: "${ask.a}",
    dataset: null,
    logged: { accuracy: 0.9, speed: 4 },
  });
});

test("of several datasets it is the one of the same content, whatever its name", async () => {
  const runs = [
    { ...run, dataset: "easy.jsonl", data: OTHER },
    { ...run, dataset: "hard.jsonl", data: DIGEST, metrics: { accuracy: 0.4 } },
  ];
  const { answer } = find({ pipelines: [evaluated("qa-1", { data: OTHER, runs })] });
  expect(await answer).toMatchObject({ dataset: "hard.jsonl", logged: { accuracy: 0.4 } });
});

test("an older pipeline stands in for one whose rows are gone", async () => {
  const pipelines = [evaluated("qa-2"), evaluated("qa-1")];
  const { answer } = find({ pipelines, withoutRows: ["qa-2"] });
  expect(await answer).toMatchObject({ pipeline: "qa-1" });
});

test.each([
  {
    world: { app: anApp() },
    none: "the app has no deployment/endpoint.yaml, which would name an endpoint",
  },
  { world: { serving: { state: "absent" } }, none: "there is no endpoint qa-live" },
  { world: { serving: { state: "idle" } }, none: "no deployment at endpoint qa-live has traffic" },
  {
    world: { serving: { ...serving, bundle: null } },
    none: "fg-old at endpoint qa-live was not deployed by Flowgate",
  },
  {
    world: {},
    none: "no pipeline has come to a verdict about fg-old on this dataset",
  },
  {
    world: { pipelines: [evaluated("qa-1")], withoutRows: ["qa-1"] },
    none: "the rows of fg-old on this dataset are not there any more",
  },
] as const)("where there is none it says: $none", async ({ world, none }) => {
  expect(await find(world).answer).toEqual({ none });
});

test("an endpoint that cannot be read is no absence", async () => {
  const busy = new PipelineError("AZURE_BUSY", "Azure is away.");
  await expect(find({ serving: busy }).answer).rejects.toBe(busy);
});
