import { expect, test } from "vitest";
import { createRunHistory } from "#azure/run-history.ts";
import { createRuns } from "#azure/runs.ts";
import { type RunRequest, runRequest } from "#domain/run-request.ts";
import { anApp, aRunSpec, BUNDLE } from "#kit/apps.ts";
import { discoverAt, http, type LiteralAzure, literalAzure, type Reply } from "./literal-azure.ts";

const request = runRequest(
  {
    id: "qa-0123456789ab",
    app: "qa",
    bundle: BUNDLE,
    variant: "${ask.variant_1}",
    dataset: 0,
    kind: "base",
    run: "r",
    flow: { datastore: "workspaceblobstore", blobPath: "LocalUpload/h/qa/flow.dag.yaml" },
    data: "azureml://d",
    baseRun: null,
    place: { kind: "session", name: "5".repeat(48), vmSize: "Standard_DS1_v2" },
  },
  anApp({ baseRun: aRunSpec({ connections: { ask: { connection: "c" } } }) }),
);

function runsAt(azure: LiteralAzure) {
  const discover = discoverAt(azure);
  return createRuns({ http, discover, history: createRunHistory(http, discover) });
}

async function standing(...replies: Reply[]) {
  await using azure = await literalAzure(replies);
  return await createRunHistory(http, discoverAt(azure)).read("r");
}

function metadata(runMetadata: unknown): Reply {
  return { body: { runMetadata } };
}

const unknown: Reply = { status: 404 };
const tracing: Reply = { body: { traceCosmosConfiguration: "None" } };

/** What the service is told of a run like `request`. */
async function submitted(differences: Partial<RunRequest>, traces = tracing) {
  await using azure = await literalAzure([unknown, traces, { body: "r" }]);
  await runsAt(azure).ensureSubmitted({ ...request, ...differences });
  return azure.seen[2]?.body;
}

test("a run is looked for, then submitted as the caller", async () => {
  await using azure = await literalAzure([unknown, tracing, { body: "r" }]);
  await runsAt(azure).ensureSubmitted(request);

  expect(azure.seen.map(({ method, path }) => `${method} ${path}`)).toEqual([
    "POST /history/rundata",
    "GET /flow/TraceSessions",
    "POST /flow/BulkRuns/submit",
  ]);
  expect(azure.seen[2]?.headers["aml-user-token"]).toBe("https://ml.azure.com/.default");
  expect(azure.seen[2]?.body).toEqual({
    flowDefinitionDataStoreName: "workspaceblobstore",
    flowDefinitionBlobPath: "LocalUpload/h/qa/flow.dag.yaml",
    runId: "r",
    runDisplayName: "r",
    runDisplayNameGenerationType: "UserProvidedMacro",
    runExperimentName: "qa",
    sessionId: "5".repeat(48),
    sessionSetupMode: "SystemWait",
    flowLineageId: expect.stringMatching(/^[0-9a-f]{64}$/),
    runtimeName: "automatic",
    vmSize: "Standard_DS1_v2",
    nodeVariant: "${ask.variant_1}",
    batchDataInput: { dataUri: "azureml://d" },
    inputsMapping: {},
    environmentVariables: {},
    connections: { ask: { connection: "c" } },
    disableTrace: false,
    tags: expect.objectContaining({ "flowgate.bundle": BUNDLE }),
    properties: expect.objectContaining({ "flowgate.flow": "qa" }),
  });
});

test.each([
  ["another bundle", { "flowgate.bundle": "sha256:other", "flowgate.variant": "${ask.variant_1}" }],
  ["another variant", { "flowgate.bundle": BUNDLE, "flowgate.variant": "${ask.variant_0}" }],
  ["no variant", { "flowgate.bundle": BUNDLE }],
])("a run of %s under this name is not adopted", async (_what, properties) => {
  await using azure = await literalAzure([metadata({ status: "Completed", properties })]);

  await expect(runsAt(azure).ensureSubmitted(request)).rejects.toMatchObject({
    code: "AZURE_REFUSED",
    message: expect.stringMatching(
      /^Run r is there already, of bundle sha256:\S+ with .+, not sha256:b+ with \$\{ask\.variant_1\}\. Start the pipeline again/,
    ),
  });
});

test("an evaluation run names its base run, and may bring no data", async () => {
  const place = { kind: "runtime", name: "rt" } as const;
  const body = await submitted({ baseRun: "b", data: null, place, variant: null });

  expect(body).toMatchObject({ variantRunId: "b", batchDataInput: {}, runtimeName: "rt" });
  expect(body).not.toHaveProperty("nodeVariant");
  expect(body).not.toHaveProperty("vmSize");
});

test("what the run YAML says of the run is told as it stands", async () => {
  const said = {
    init: { model_config: { connection: "c" } },
    description: "d",
    columnMapping: { question: "${data.q}" },
    environmentVariables: { BASE: "${c.api_base}" },
  };
  expect(await submitted(said)).toMatchObject({
    initKWargs: { model_config: { connection: "c" } },
    description: "d",
    inputsMapping: { question: "${data.q}" },
    environmentVariables: { BASE: "${c.api_base}" },
  });
});

test("a flow that is a code asset is named by its URL alone", async () => {
  const dataUri = "https://acc.blob.core.windows.net/lent/qa/flow.dag.yaml";
  const body = await submitted({ flow: { dataUri } });

  expect(body).toMatchObject({ flowDefinitionDataUri: dataUri });
  expect(body).not.toHaveProperty("flowDefinitionDataStoreName");
  expect(body).not.toHaveProperty("flowDefinitionBlobPath");
});

test.each([
  [{ body: { traceCosmosConfiguration: "Disabled" } }, true],
  [{ body: { traceCosmosConfiguration: "ReadDisabled" } }, false],
  [{ body: {} }, false],
  [{ status: 404 }, false],
  [{ status: 503 }, false],
] as const)("traces are off where the workspace says so, asked once: %j", async (reply, off) => {
  expect(await submitted({}, reply)).toMatchObject({ disableTrace: off });
});

test("a base run that is unknown refuses the evaluation with the service's words", async () => {
  const error = { code: "UserError", message: "Cannot find flow run with run id b." };
  await using azure = await literalAzure([unknown, tracing, { status: 404, body: { error } }]);

  await expect(runsAt(azure).ensureSubmitted(request)).rejects.toMatchObject({
    code: "AZURE_REFUSED",
    message: expect.stringContaining("Cannot find flow run with run id b."),
  });
});

test.each([
  ["NotStarted", "running"],
  ["Preparing", "running"],
  ["Running", "running"],
  ["Finalizing", "running"],
  ["CancelRequested", "running"],
  ["SomethingNew", "running"],
  ["Completed", "completed"],
  ["Failed", "failed"],
  ["Canceled", "canceled"],
  ["Cancelled", "canceled"],
])("%s is %s", async (status, state) => {
  expect(await standing(metadata({ status }))).toMatchObject({ status, state });
});

const counts = (userErrorChildRuns: number, systemErrorChildRuns: number) =>
  JSON.stringify({ totalChildRuns: 9, userErrorChildRuns, systemErrorChildRuns });
const nowhere = { node: null, type: "UserError" };

test.each([
  [{ messageFormat: counts(2, 1) }, { ...nowhere, failedLines: 3 }],
  [
    { messageFormat: counts(0, 0), messageParameters: { node_name: "sum" } },
    { node: "sum", type: "UserError", failedLines: 0 },
  ],
  [{ messageFormat: "Execution failure in '{node_name}'." }, { ...nowhere, failedLines: null }],
  [{ messageFormat: '{"userErrorChildRuns":"2"}' }, { ...nowhere, failedLines: null }],
  [{}, { ...nowhere, failedLines: null }],
])(
  "lines that failed are no error of a run that Completed, but counted: %j",
  async (of, partial) => {
    const error = { error: { code: "UserError", message: "a row's content", ...of } };
    const told = await standing(metadata({ status: "Completed", error }));

    expect(told).toMatchObject({ error: null, partial });
    expect(JSON.stringify(told)).not.toContain("content");
  },
);

test("a run that Completed without an error has nothing to say of lines", async () => {
  expect(await standing(metadata({ status: "Completed", error: null }))).toMatchObject({
    error: null,
    partial: null,
  });
});

const properties = {
  "flowgate.flow": "flows/qa",
  "azureml.promptflow.flow_definition_blob_path": "LocalUpload/h/qa/flow.dag.yaml",
};

function failed(error: unknown, of: Readonly<Record<string, string>> = properties): Reply {
  return metadata({ status: "Failed", error: { error }, properties: of });
}

test.each([
  ["in the flow's folder", "/mnt/runs/r/qa/lib/tool.py", properties, "flows/qa/lib/tool.py"],
  ["on Windows", "C:\\runs\\qa\\tool.py", properties, "flows/qa/tool.py"],
  ["elsewhere", "/tmp/requests/tool.py", properties, "flows/qa/tool.py"],
  ["of a run that does not know its flow", "/tmp/tool.py", {}, "tool.py"],
])("a whole run's error names node, file and line: %s", async (_, filename, of, file) => {
  const info = { type: "ValueError", filename, lineno: 9 };
  const error = {
    message: "Execution failure in 'ask': (ValueError) boom",
    additionalInfo: [{ type: "Other" }, { type: "ToolExecutionErrorDetails", info }],
  };
  expect((await standing(failed(error, of))).error).toEqual({
    code: "RUN_FAILED",
    message: "Run r failed: Execution failure in 'ask': (ValueError) boom",
    node: "ask",
    file,
    line: 9,
  });
});

test.each([
  [{ message: "x", messageParameters: { node_name: "sum" } }, "sum"],
  [{ message: "x", messageParameters: { node_name: { odd: 1 } } }, null],
  [{ message: "x", messageParameters: "odd", additionalInfo: "odd" }, null],
])("the node is named where the error names one: %j", async (error, node) => {
  expect((await standing(failed(error))).error).toMatchObject({ node, file: null, line: null });
});

test.each([null, "text", {}, { message: null }])(
  "a failed run without a reason says so: %j",
  async (error) => {
    expect((await standing(failed(error))).error?.message).toBe(
      "Run r failed: the service gives no reason",
    );
  },
);

test("the service's reason is told in part when it is long", async () => {
  const { error } = await standing(failed({ message: "x".repeat(9_999) }));
  expect(error?.message).toHaveLength("Run r failed: ".length + 500);
});

test.each([{ body: {} }, { body: { runMetadata: { status: null } } }, { body: "<html>" }])(
  "an answer without a status is unexpected: %j",
  async (reply) => {
    await expect(standing(reply)).rejects.toMatchObject({
      code: "AZURE_UNEXPECTED",
      message: expect.stringContaining("POST rundata of run r"),
    });
  },
);

test("lines come as the service tells them", async () => {
  const usage = { latencyMs: null, tokens: null };
  const details = { type: "ToolExecutionErrorDetails", info: { type: "KeyError" } };
  const inner = { code: "ToolExecutionError", innerError: null };
  await using azure = await literalAzure([
    {
      body: [
        {
          index: 1,
          status: "Failed",
          output: { left: "over" },
          error: { message: "Execution failure in 'ask'.", additionalInfo: [details] },
        },
        { index: 0, status: "Completed", output: { a: 1 }, error: null },
        { index: 2, status: "Completed", output: null },
        { index: 3, status: "Canceled" },
        {
          index: 4,
          status: "Failed",
          error: { message: "no", code: "UserError", innerError: inner },
        },
      ],
    },
  ]);

  expect(await runsAt(azure).readLines("r", 0, 24)).toEqual([
    {
      index: 1,
      outputs: null,
      failure: { message: "Execution failure in 'ask'.", node: "ask", type: "KeyError" },
      usage,
    },
    { index: 0, outputs: { a: 1 }, failure: null, usage },
    { index: 2, outputs: null, failure: null, usage },
    {
      index: 3,
      outputs: null,
      failure: { message: "The line is Canceled.", node: null, type: null },
      usage,
    },
    {
      index: 4,
      outputs: null,
      failure: { message: "no", node: null, type: "ToolExecutionError" },
      usage,
    },
  ]);
  expect(azure.seen[0]?.path).toBe("/flow/BulkRuns/r/childRuns?startIndex=0&endIndex=24");
});

test.each([
  { body: { value: [] } },
  { body: [{ index: "0", status: "Completed" }] },
  { body: "[{" },
])("lines of another shape are unexpected: %j", async (reply) => {
  await using azure = await literalAzure([reply]);
  await expect(runsAt(azure).readLines("r", 0, 24)).rejects.toMatchObject({
    code: "AZURE_UNEXPECTED",
    message: expect.stringMatching(
      /^Azure's answer to GET childRuns of run r is not of the form expected: .+ \(request [0-9a-f-]{36}\)\.$/,
    ),
  });
});

test("a log is text; one that is not there is none", async () => {
  await using azure = await literalAzure([
    { body: JSON.stringify("a\nb") },
    { status: 404 },
    { body: {} },
  ]);
  const runs = runsAt(azure);
  expect(await runs.readLog("r")).toBe("a\nb");
  expect(await runs.readLog("r")).toBeUndefined();
  expect(await runs.readLog("r")).toBeUndefined();
});
