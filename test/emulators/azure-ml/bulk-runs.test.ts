import { afterAll, beforeAll, expect, test } from "vitest";
import { type Azurite, startAzurite } from "./azurite.ts";
import { createEchoEngine } from "./echo-engine.ts";
import {
  type Answer,
  aSubmit,
  dataAt,
  endedRun,
  type Stand,
  startStand,
  uploadSources,
  WORKSPACE,
} from "./stand.ts";

let azurite: Azurite;
let stand: Stand;
beforeAll(async () => {
  azurite = await startAzurite();
  stand = await startStand(azurite);
  await uploadSources(stand);
  await stand.upload("LocalUpload/d2/data.jsonl", '{"question":"a"}\n{"question":"boom"}\n');
});
afterAll(async () => {
  await stand[Symbol.asyncDispose]();
  await azurite[Symbol.asyncDispose]();
});

async function run(runId: string, more: Readonly<Record<string, unknown>> = {}) {
  const submitted = await stand.flow("POST", "/BulkRuns/submit", aSubmit(runId, more));
  expect(submitted).toMatchObject({ status: 200, body: runId });
  return await endedRun(stand, runId);
}

async function metricsOf(runId: string): Promise<Record<string, unknown>> {
  const path = `/metric/v2.0${WORKSPACE}/runs/${runId}/lastvalues`;
  const { body } = await stand.call("POST", path, { body: {} });
  return Object.assign({}, ...body.value.map((metric: Answer["body"]) => metric.value[0].data));
}

test("a submitted run is answered with its id and ends Completed with lines, metrics, tokens and outputs", async () => {
  const ended = await run("plain");

  expect(ended).toMatchObject({ status: "Completed", error: null });
  expect(ended.properties).toMatchObject({
    "azureml.promptflow.total_tokens": "10",
    "azureml.promptflow.prompt_tokens": "6",
    "azureml.promptflow.completion_tokens": "4",
    "azureml.promptflow.runtime_name": "automatic",
  });
  expect((await stand.flow("GET", "/BulkRuns/plain")).body).toMatchObject({
    flowRunId: "plain",
    studioPortalEndpoint: `https://ml.azure.com/runs/plain?wsid=${WORKSPACE}`,
    studioPortalTraceEndpoint: `https://ml.azure.com/prompts/trace/run/plain?wsid=${WORKSPACE}`,
  });
  const lines = await stand.flow("GET", "/BulkRuns/plain/childRuns?startIndex=0&endIndex=24");
  expect(lines.body[1]).toMatchObject({
    run_id: "plain_1",
    index: 1,
    status: "Completed",
    inputs: { question: "b", line_number: 1 },
    output: { echo: "b" },
    error: null,
  });
  expect(await metricsOf("plain")).toEqual({
    accuracy: 1,
    odd: "NaN",
    "__pf__.lines.completed": 2,
    "__pf__.lines.failed": 0,
    "__pf__.nodes.echo.completed": 2,
  });
  const folder = "promptflow/PromptFlowArtifacts/plain";
  expect(await stand.download(`${folder}/flow_outputs/output.jsonl`)).toBe(
    '{"line_number":0,"echo":"a"}\n{"line_number":1,"echo":"b"}\n',
  );
  expect(await stand.download(`${folder}/flow_artifacts/000000000_000000024.jsonl`)).toContain(
    '{"line_number":0,"run_info":{"run_id":"plain_0"',
  );
});

test("a run with a failed line is Completed, with an error and the line among childRuns", async () => {
  const ended = await run("partial", { batchDataInput: dataAt("LocalUpload/d2/data.jsonl") });

  expect(ended.status).toBe("Completed");
  expect(ended.error.error).toMatchObject({
    code: "UserError",
    message: "Execution failure in 'echo': (Exception) boom",
    innerError: { code: "ToolExecutionError", innerError: null },
  });
  expect(JSON.parse(ended.error.error.messageFormat)).toMatchObject({
    totalChildRuns: 2,
    userErrorChildRuns: 1,
    systemErrorChildRuns: 0,
  });
  const lines = await stand.flow("GET", "/BulkRuns/partial/childRuns?startIndex=0&endIndex=24");
  expect(lines.body[1]).toMatchObject({ status: "Failed", output: null, index: 1 });
  expect(lines.body[1].error).toMatchObject({ code: "UserError" });
  const outputs = "promptflow/PromptFlowArtifacts/partial/flow_outputs/output.jsonl";
  expect(await stand.download(outputs)).toBe('{"line_number":0,"echo":"a"}\n');
});

test("childRuns takes an inclusive window of line numbers, and one beyond the end is empty", async () => {
  await run("window");
  const indexes = async (query: string) => {
    const { body } = await stand.flow("GET", `/BulkRuns/window/childRuns?${query}`);
    return body.map(({ index }: { index: number }) => index);
  };

  expect(await indexes("startIndex=1&endIndex=1")).toEqual([1]);
  expect(await indexes("startIndex=25&endIndex=49")).toEqual([]);
  expect(await indexes("index=0")).toEqual([0]);
  expect((await stand.flow("GET", "/BulkRuns/window/childRuns?startIndex=x")).status).toBe(400);
});

test("an evaluation run gets the inputs and outputs of the run that it names", async () => {
  await run("base", { batchDataInput: dataAt("LocalUpload/d2/data.jsonl") });
  const batches: unknown[] = [];
  const engine = createEchoEngine({
    runBatch: (batch) => {
      const { inputs = [], outputs = [] } = batch.run ?? {};
      batches.push({ ...batch, run: { inputs: [...inputs], outputs: [...outputs] } });
      return Promise.resolve({ lines: [], metrics: {}, aggregationError: null });
    },
  });
  await stand.restart(engine);

  const ended = await run("evaluation", {
    variantRunId: "base",
    batchDataInput: {},
    inputsMapping: { answer: "${run.outputs.echo}" },
  });
  await stand.restart();

  expect(ended.properties["azureml.promptflow.variant_run_id"]).toBe("base");
  expect(batches[0]).toMatchObject({
    data: null,
    run: {
      inputs: [
        { question: "a", line_number: 0 },
        { question: "boom", line_number: 1 },
      ],
      outputs: [{ echo: "a", line_number: 0 }],
    },
    inputsMapping: { answer: "${run.outputs.echo}" },
  });
});

test("the same run id is a conflict, an unknown base run is not found", async () => {
  await run("twice");

  const again = await stand.flow("POST", "/BulkRuns/submit", aSubmit("twice"));
  expect(again).toMatchObject({ status: 409, body: { statusCode: 409 } });
  const orphan = await stand.flow(
    "POST",
    "/BulkRuns/submit",
    aSubmit("orphan", { variantRunId: "nobody" }),
  );
  expect(orphan).toMatchObject({
    status: 404,
    body: { error: { code: "UserError", message: "Cannot find flow run with run id nobody." } },
  });
});

test.each([
  {
    runId: "no-flow",
    more: { flowDefinitionBlobPath: "LocalUpload/none/qa/flow.dag.yaml" },
    code: "FlowDefinitionNotFound",
  },
  {
    runId: "no-data",
    more: { batchDataInput: dataAt("LocalUpload/none/data.jsonl") },
    code: "InputDataNotFound",
  },
  {
    runId: "far-data",
    more: { batchDataInput: { dataUri: "https://example.com/data.jsonl" } },
    code: "InvalidDataUri",
  },
  { runId: "broken", more: { environmentVariables: { BROKEN: "1" } }, code: "ValidationError" },
])(
  "a run that cannot start ($runId) is accepted and ends Failed with $code",
  async ({ runId, more, code }) => {
    const ended = await run(runId, more);

    expect(ended.status).toBe("Failed");
    expect(ended.error.error).toMatchObject({ code: "UserError", innerError: { code } });
    expect(await metricsOf(runId)).toEqual({});
  },
);

test("a submit without a run id is refused", async () => {
  const refused = await stand.flow("POST", "/BulkRuns/submit", aSubmit("", {}));

  expect(refused.status).toBe(400);
  expect(refused.body.error.message).toContain("runId");
});

test("a line can be made to fail once, a run to fail or to go on for ever until it is canceled", async () => {
  await stand.fault({
    on: "line",
    match: "^faulty-line$",
    line: 1,
    outcome: "failed",
    message: "Cut.",
  });
  await stand.fault({
    on: "run",
    match: "^faulty-run$",
    outcome: "failed",
    message: "No capacity.",
  });
  await stand.fault({ on: "run", match: "^endless$", outcome: "never" });

  const partial = await run("faulty-line");
  expect(partial.error.error.message).toContain("Cut.");
  expect(await run("faulty-run")).toMatchObject({
    status: "Failed",
    error: { error: { message: "No capacity.", code: "SystemError" } },
  });
  await stand.flow("POST", "/BulkRuns/submit", aSubmit("endless"));
  expect((await stand.flow("POST", "/BulkRuns/endless/cancel")).status).toBe(200);
  expect((await endedRun(stand, "endless")).status).toBe("Canceled");
  expect((await stand.flow("POST", "/BulkRuns/nobody/cancel")).status).toBe(404);
});

test("an evaluation of a run that did not complete fails", async () => {
  await run("never-ran", { environmentVariables: { BROKEN: "1" } });

  const ended = await run("premature", { variantRunId: "never-ran" });

  expect(ended).toMatchObject({
    status: "Failed",
    error: { error: { innerError: { code: "RunNotCompleted" } } },
  });
});
