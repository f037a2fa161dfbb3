import { afterAll, beforeAll, expect, test } from "vitest";
import { type Azurite, startAzurite } from "./azurite.ts";
import { endedRun, type Stand, startStand, WORKSPACE } from "./stand.ts";

let azurite: Azurite;
let stand: Stand;
beforeAll(async () => {
  azurite = await startAzurite();
  stand = await startStand(azurite);
  await stand.upload("LocalUpload/f1/qa/flow.dag.yaml", "nodes: []\n");
  await stand.upload("LocalUpload/d1/data.jsonl", '{"question":"a"}\n{"question":"b"}\n');
  await stand.upload("LocalUpload/d2/data.jsonl", '{"question":"a"}\n{"question":"boom"}\n');
});
afterAll(async () => {
  await stand[Symbol.asyncDispose]();
  await azurite[Symbol.asyncDispose]();
});

function aSubmit(runId: string, more: Readonly<Record<string, unknown>> = {}) {
  return {
    runId,
    flowDefinitionDataStoreName: "workspaceblobstore",
    flowDefinitionBlobPath: "LocalUpload/f1/qa/flow.dag.yaml",
    batchDataInput: {
      dataUri: "azureml://datastores/workspaceblobstore/paths/LocalUpload/d1/data.jsonl",
    },
    inputsMapping: {},
    runtimeName: "automatic",
    ...more,
  };
}

test("a submitted run is answered with its id, ends Completed and leaves lines, metrics and outputs", async () => {
  const submitted = await stand.flow("POST", "/BulkRuns/submit", aSubmit("plain"));
  expect(submitted).toMatchObject({ status: 200, body: "plain" });

  const run = await endedRun(stand, "plain");
  expect(run).toMatchObject({ status: "Completed", error: null });
  const lines = await stand.flow("GET", "/BulkRuns/plain/childRuns?startIndex=0&endIndex=24");
  expect(lines.body.map((line: { output: unknown }) => line.output)).toEqual([
    { echo: "a" },
    { echo: "b" },
  ]);
  const metrics = await stand.call("POST", `/metric/v2.0${WORKSPACE}/runs/plain/lastvalues`, {
    body: {},
  });
  expect(metrics.body.value[0]).toMatchObject({
    name: "accuracy",
    columns: { accuracy: "Double" },
    value: [{ data: { accuracy: 1 } }],
  });
  const outputs = await stand.download(
    "promptflow/PromptFlowArtifacts/plain/flow_outputs/output.jsonl",
  );
  expect(outputs).toBe('{"line_number":0,"echo":"a"}\n{"line_number":1,"echo":"b"}\n');
});
