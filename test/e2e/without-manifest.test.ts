import { beforeAll, describe, expect, inject, test } from "vitest";
import type { Pipeline } from "#domain/pipeline.ts";
import { backDoorAt } from "#kit/back-door.ts";
import { flowgateAt } from "#kit/flowgate.ts";
import { jsonLines, pythonNode, pythonTool } from "#kit/python-app.ts";

const stack = inject("stack");
const flowgate = flowgateAt(stack.functions);
const backDoor = backDoorAt(stack);

const legacyTool = (signature: string, ...lines: readonly string[]) =>
  pythonTool(signature, lines, "log_metric, tool").replace("promptflow.core", "promptflow");

/** As people wrote it for a pipeline of shell scripts: old imports, a stray reference, names and a stage that nobody can use. */
const FOLDER: Readonly<Record<string, string>> = {
  "plants/run.yml": [
    "$schema: https://azuremlschemas.azureedge.net/promptflow/latest/Run.schema.json",
    "flow: .",
    "data: data.jsonl",
    "runtime: a-runtime-that-is-gone",
    "connections:",
    "  echo: { connection: nobody_defined_it, deployment_name: test-deployment }",
    "",
  ].join("\n"),
  "plants/run_evaluation.yml": [
    "flow: ../evaluation/plants-eval",
    "data: data.jsonl",
    "column_mapping: { truth: '${data.answer}', said: '${run.outputs.kind}' }",
    "runtime: a-runtime-that-is-gone",
  ].join("\n"),
  "plants/data.jsonl": jsonLines([
    { plant: "ash tree", answer: "tree" },
    { plant: "bindweed", answer: "herb" },
    { plant: "cedar tree", answer: "tree" },
  ]).trimEnd(),
  "plants/flow.dag.yaml": JSON.stringify({
    inputs: { plant: { type: "string", reference: "${inputs.plant}" } },
    outputs: { kind: { type: "string", reference: "${kind_of.output.kind}" } },
    nodes: [
      {
        name: "echo",
        type: "llm",
        source: { type: "code", path: "echo.jinja2" },
        inputs: { deployment_name: "another", max_tokens: 128, plant: "${inputs.plant}" },
        provider: "AzureOpenAI",
        connection: "an_old_one",
        api: "chat",
        module: "promptflow.tools.aoai",
      },
      pythonNode("kind_of", { text: "${echo.output}" }),
    ],
  }),
  "plants/echo.jinja2": "user:\n{{plant}}",
  "plants/kind_of.py": legacyTool(
    "kind_of(text: str)",
    'return {"kind": "tree" if "tree" in text else "herb"}',
  ),
  "plants/requirements.txt": "promptflow[azure]\npromptflow-tools\nbs4; python_version < '3'",
  "plants/.promptflow/flow.tools.json": "{}",
  "plants/azure_openai.yml": "name: an_old_one\ntype: azure_open_ai\napi_key: <api-key>\n",
  "evaluation/plants-eval/flow.dag.yaml": JSON.stringify({
    inputs: {
      truth: { type: "string", default: "tree" },
      said: { type: "string", default: "tree" },
    },
    outputs: { grade: { type: "string", reference: "${grade.output}" } },
    nodes: [
      pythonNode("grade", { truth: "${inputs.truth}", said: "${inputs.said}" }),
      { ...pythonNode("accuracy", { grades: "${grade.output}" }), aggregation: true },
    ],
  }),
  "evaluation/plants-eval/grade.py": legacyTool(
    "grade(truth: str, said: str)",
    'return "Correct" if truth.lower() == said.lower() else "Incorrect"',
  ),
  "evaluation/plants-eval/accuracy.py": legacyTool(
    "accuracy(grades: list)",
    'log_metric("accuracy", round(grades.count("Correct") / len(grades), 2))',
    "return grades",
  ),
  "evaluation/another-eval/flow.dag.yaml": "inputs: {}\noutputs: {}\nnodes: []\n",
  "helpers/assert.py": "import sys\nsys.exit(1)\n",
  "deployment/model.yaml": [
    "name: plants-model",
    "path: ../plants",
    "stage: Production",
    "properties: { azureml.promptflow.source_flow_id: plants }",
    "",
  ].join("\n"),
  "deployment/endpoint.yaml": "auth_mode: key",
  "deployment/deployment.yaml": [
    "name: test-1",
    "endpoint_name: plants-endpoint",
    "model: azureml:plants-model:<VERSION>",
    "  # You can also specify model files path inline",
    "environment: ",
    "  image: mcr.microsoft.com/azureml/promptflow/promptflow-runtime:20230808.v1",
    "instance_type: Standard_E4s_v3",
    "instance_count: 1",
    "environment_variables:",
    "",
    "  PROMPTFLOW_RUN_MODE: serving",
    "  PRT_CONFIG_OVERRIDE: deployment.subscription_id=<sub-id>,deployment.endpoint_name=<endpoint-name>,deployment.deployment_name=blue",
  ].join("\n"),
  "deployment/sample-request.json": '{"plant": "oak tree"}',
};

const files = new Map(Object.entries(FOLDER).map(([path, text]) => [path, Buffer.from(text)]));

describe("an app folder without a manifest, made for a pipeline of scripts", () => {
  let pipeline: Pipeline;
  beforeAll(async () => {
    pipeline = await flowgate.run("plants", files, { deploy: true });
  });

  test("is evaluated as it is", () => {
    expect(pipeline).toMatchObject({
      status: "succeeded",
      error: null,
      verdict: {
        outcome: "passed",
        reasons: ["accuracy is 1 over 3 rows (3 right, 0 wrong), at least 0.6"],
        rows: { expected: 3, correct: 3, incorrect: 0, failed: 0, missing: 0 },
      },
    });
  });

  test("is deployed under names that exist, and answers", async () => {
    const deployment = `fg-${pipeline.bundle.slice("sha256:".length, "sha256:".length + 12)}`;
    expect(pipeline.deployment).toMatchObject({
      outcome: "deployed",
      model: "azureml:plants-model:1",
      endpoint: "plants-endpoint",
      deployment,
      traffic: { [deployment]: 100 },
    });
    const { properties } = await backDoor.arm<{
      properties: { environmentVariables: Record<string, string> };
    }>(`onlineEndpoints/plants-endpoint/deployments/${deployment}`);
    expect(properties.environmentVariables).toEqual({
      PROMPTFLOW_RUN_MODE: "serving",
      PRT_CONFIG_OVERRIDE: `deployment.subscription_id=${stack.subscription},deployment.resource_group=${stack.resourceGroup},deployment.workspace_name=${stack.workspace},deployment.endpoint_name=plants-endpoint,deployment.deployment_name=${deployment}`,
    });
    await expect(
      backDoor.score("plants-endpoint", pipeline.deployment?.scoringUri ?? "", {
        plant: "thistle",
      }),
    ).resolves.toEqual({ kind: "herb" });
  });

  test("is told what of it is not used, and what its image may lack", () => {
    expect(pipeline.steps.find(({ name }) => name === "acquireEndpoint")?.note).toMatch(
      /^deployment\/model\.yaml: stage is left out; .* The flow requires bs4, but mcr\.microsoft\.com/,
    );
  });
});
