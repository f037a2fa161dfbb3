import { expect, test } from "vitest";
import { runRequest } from "#domain/run-request.ts";
import { anApp, aRunSpec, BUNDLE } from "#kit/apps.ts";

const input = {
  id: "qa-0123456789ab",
  app: "qa",
  bundle: BUNDLE,
  variant: null,
  dataset: 0,
  kind: "base",
  run: "qa-0123456789ab-base-0",
  flow: { datastore: "workspaceblobstore", blobPath: "LocalUpload/h/qa/flow.dag.yaml" },
  data: "azureml://d",
  baseRun: null,
  place: { kind: "session", name: "5".repeat(48) },
} as const;

test("what the run YAML overrides goes along", () => {
  const baseRun = aRunSpec({
    columnMapping: { q: "${data.question}" },
    connections: { ask: { connection: "c", deployment_name: "d" } },
    environmentVariables: { LEVEL: "1" },
    init: { model: "m" },
    displayName: "mine",
    description: "why",
    tags: { team: "a" },
  });
  expect(runRequest(input, anApp({ baseRun }))).toMatchObject({
    run: "qa-0123456789ab-base-0",
    columnMapping: { q: "${data.question}" },
    connections: { ask: { connection: "c", deployment_name: "d" } },
    environmentVariables: { LEVEL: "1" },
    init: { model: "m" },
    displayName: "mine",
    description: "why",
    tags: {
      team: "a",
      "flowgate.pipeline": "qa-0123456789ab",
      "flowgate.bundle": BUNDLE,
    },
  });
});

test("a tag of the author's does not pass for one of ours", () => {
  const baseRun = aRunSpec({ tags: { "flowgate.bundle": "sha256:mine" } });
  expect(runRequest(input, anApp({ baseRun })).tags["flowgate.bundle"]).toBe(BUNDLE);
});

test("the pipeline's variant wins over the run YAML's, in the base run alone", () => {
  const variant = "${ask.variant_1}";
  const app = anApp({ baseRun: aRunSpec({ variant: "${ask.variant_0}" }) });

  expect(runRequest(input, app).variant).toBe("${ask.variant_0}");
  expect(runRequest({ ...input, variant }, app).variant).toBe(variant);
  const evaluation = { ...input, variant, kind: "evaluation", baseRun: "b" } as const;
  expect(runRequest(evaluation, app)).toMatchObject({
    variant: null,
    tags: { "flowgate.variant": variant },
  });
});

test("an evaluation run is of the evaluation flow, with its mapping", () => {
  const evaluation = { ...input, kind: "evaluation", baseRun: "b", data: null } as const;
  expect(runRequest(evaluation, anApp())).toMatchObject({
    baseRun: "b",
    data: null,
    columnMapping: { groundtruth: "${data.answer}", prediction: "${run.outputs.category}" },
    experiment: "grade",
    properties: { "flowgate.flow": "grade" },
  });
});

test.each([
  ["web-classification", "web_classification"],
  ["My  flow_(2)", "my_flow_2"],
  ["2nd", "n2nd"],
])("runs of the flow %s are in the experiment %s", (folder, experiment) => {
  const app = anApp({ baseRun: aRunSpec({ flow: `flows/${folder}` }) });
  expect(runRequest(input, app).experiment).toBe(experiment);
});

test("a run has its session's id; one on a runtime has one all the same", () => {
  expect(runRequest(input, anApp()).session).toBe("5".repeat(48));
  const place = { kind: "runtime", name: "rt" } as const;
  expect(runRequest({ ...input, place }, anApp()).session).toMatch(/^[0-9a-f]{48}$/);
});

test("runs of one flow share their lineage, whatever pipeline they belong to", () => {
  const first = runRequest(input, anApp()).lineage;
  expect(first).toMatch(/^[0-9a-f]{64}$/);
  expect(runRequest({ ...input, id: "qa-ffffffffffff" }, anApp()).lineage).toBe(first);
});
