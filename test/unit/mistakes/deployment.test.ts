import { describe, expect, test } from "vitest";
import { type Change, type Mistake, toldAtStart, toldAtUpload, utf16 } from "#kit/mistakes.ts";

const DEPLOYMENT = "deployment/deployment.yaml";
const ENDPOINT = "deployment/endpoint.yaml";
const MODEL = "deployment/model.yaml";
const SAMPLE = "deployment/sample-request.json";
const FLOW = "web/flow.dag.yaml";
const type = (text: string): Mistake => ({ [DEPLOYMENT]: ["Standard_E4s_v3", text] });
const also = (text: string): Mistake => ({
  [DEPLOYMENT]: ["instance_type", `${text}\ninstance_type`],
});
const sample = (change: Change): Mistake => ({ [SAMPLE]: change });
const known =
  "Flowgate knows <sub-id>, <resource-group>, <workspace-name>, <endpoint-name>, <deployment-name>, <VERSION>";

test.each<[string, Mistake, string]>([
  [
    "an instance type of nothing",
    type("''"),
    `${DEPLOYMENT}:3 instance_type: needed, e.g. Standard_E4s_v3`,
  ],
  [
    "a placeholder that nobody fills in",
    type("<vm-size>"),
    `${DEPLOYMENT}:3 instance_type: <vm-size> is filled in by nobody; write what is meant (${known})`,
  ],
  [
    "a placeholder nearly right",
    also("environment_variables: { A: 'x/<workspace_name>' }"),
    `${DEPLOYMENT}:3 environment_variables.A: <workspace_name> is filled in by nobody; did you mean <workspace-name>?`,
  ],
  [
    "a misspelt key",
    also("liveness_prob: { period: 5 }"),
    `${DEPLOYMENT}:3 liveness_prob: unknown key liveness_prob; did you mean liveness_probe?`,
  ],
  [
    "a misspelt key within",
    also("request_settings: { request_timeout: 9 }"),
    `${DEPLOYMENT}:3 request_settings.request_timeout: unknown key request_timeout; did you mean request_timeout_ms?`,
  ],
  [
    "no instance",
    also("instance_count: 0"),
    `${DEPLOYMENT}:3 instance_count: has to be at least 1`,
  ],
  [
    "a request of an hour",
    also("request_settings: { request_timeout_ms: 3600000 }"),
    `${DEPLOYMENT}:3 request_settings.request_timeout_ms: has to be at most 300000`,
  ],
  [
    "an environment to build",
    also("  conda_file: conda.yml"),
    `${DEPLOYMENT}:3 environment.conda_file: Flowgate builds no images; register an environment with it and name that: azureml:name:version`,
  ],
  [
    "an environment without version",
    { [DEPLOYMENT]: "environment: azureml:serving\ninstance_type: a\n" },
    `${DEPLOYMENT}:1 environment: azureml:serving names no version; write azureml:name:version`,
  ],
  [
    "another kind of deployment",
    also("type: kubernetes"),
    `${DEPLOYMENT}:3 type: only managed online deployments`,
  ],
  [
    "a name that no endpoint has",
    { [ENDPOINT]: ["web-endpoint", "web_endpoint"] },
    `${ENDPOINT}:1 name: web_endpoint is no name of an endpoint: 3 to 32 letters, digits and single hyphens, starting with a letter`,
  ],
  [
    "a name in deployment.yaml that no endpoint has",
    { ...also("endpoint_name: w"), [ENDPOINT]: "auth_mode: key\n" },
    `${DEPLOYMENT}:3 endpoint_name: w is no name of an endpoint: 3 to 32 letters, digits and single hyphens, starting with a letter`,
  ],
  [
    "a hyphen for an underscore",
    { [ENDPOINT]: ["auth_mode", "auth-mode"] },
    `${ENDPOINT}:2 auth-mode: unknown key auth-mode; did you mean auth_mode?`,
  ],
  [
    "another way to log on",
    { [ENDPOINT]: ["auth_mode: key", "auth_mode: keys"] },
    `${ENDPOINT}:2 auth_mode: has to be key, aml_token or aad_token`,
  ],
  [
    "an identity without a name",
    { [ENDPOINT]: "identity: { type: user_assigned }\n" },
    `${ENDPOINT}:1 identity.user_assigned_identities: needed with type: user_assigned, one resource_id at least`,
  ],
  [
    "a model folder in another case",
    { [MODEL]: ["../web", "../Web"] },
    `${MODEL}:2 path: ../Web is no folder of the app; did you mean ../web? Case counts.`,
  ],
  [
    "a model of another kind",
    { [MODEL]: "name: web-model\npath: ../web\ntype: mlflow_model\n" },
    `${MODEL}:3 type: only custom_model: a flow is registered as its folder`,
  ],
  [
    "a sample of the wrong input",
    sample('{\n  "uri": "a"\n}'),
    `${SAMPLE}:2 uri: ${FLOW} has no input uri; did you mean url?`,
  ],
  [
    "a sample without an input",
    sample('{ "text": "a" }'),
    `${SAMPLE}:1: lacks url, an input without a default of ${FLOW}`,
  ],
  [
    "a sample as other endpoints want it",
    sample('{ "input_data": { "columns": ["url"] } }'),
    `${SAMPLE}:1: lacks url, an input without a default of ${FLOW}`,
  ],
  [
    "a sample that is a list",
    sample("[]"),
    `${SAMPLE}:1: is an array; it has to be a JSON object, in { }, of the flow's inputs`,
  ],
])("%s", (_, mistake, sentence) => {
  expect(toldAtUpload(mistake)).toEqual([]);
  expect(toldAtStart(mistake)).toContain(sentence);
});

test("a sound app is told nothing, nor one whose placeholders are all known", () => {
  expect(toldAtStart({})).toEqual([]);
  expect(
    toldAtStart({
      [DEPLOYMENT]: [
        "instance_type",
        "name: <any>\nmodel: azureml:<mine>:<VERSION>\ndescription: for <people>\nendpoint_name: <endpoint-name>\ninstance_type",
      ],
    }),
  ).toEqual([]);
});

test("a sample that only says what the flow does not know", () => {
  const flow: Change = ["url: { type: string }", "url: { type: string, default: a }"];

  expect(toldAtStart({ [FLOW]: flow, [SAMPLE]: '{ "question": "a" }' })).toEqual([
    `${SAMPLE}:1: has no input of ${FLOW}: it wants url, text`,
  ]);
});

test("a model of another folder is asked what it likes", () => {
  const other = { [MODEL]: "name: web-model\npath: ../evaluation\n", [SAMPLE]: "{}" };

  expect(toldAtStart(other)).toEqual([]);
});

describe("a sample request that is no JSON is told at its line when it is uploaded", () => {
  test.each<[string, string | Uint8Array, number, string]>([
    [
      "a comma too much",
      '{\n  "url": "a",\n}\n',
      3,
      "is not valid JSON: a comma too much before }",
    ],
    [
      "no comma",
      '{\n  "url": "a"\n  "text": "b"\n}\n',
      3,
      'is not valid JSON: a comma is missing, or a quote within a text (which is written \\")',
    ],
    [
      "no quotes",
      "{ url: 1 }",
      1,
      'is not valid JSON: a key has to stand here, in double quotes (")',
    ],
    ["single quotes", "{ 'url': 1 }", 1, 'is not valid JSON: a key stands in double quotes (")'],
    ["no end", '{ "url": "a"\n', 2, "is not valid JSON: it ends before a }"],
    ["nothing", "", 1, "is not valid JSON: it ends where a value has to stand"],
    ["no value", '{ "url": }', 1, "is not valid JSON: a value is missing before }"],
    ["no colon", '{ "url" "a" }', 1, "is not valid JSON: a colon is missing after a key"],
    ["Python", '{ "url": None }', 1, "is not valid JSON: JSON writes true, false and null"],
    [
      "a comment",
      '{\n  // here\n  "url": "a" }',
      2,
      'is not valid JSON: a key has to stand here, in double quotes (")',
    ],
    [
      "a comment for a value",
      '{ "url": # here\n "a" }',
      1,
      "is not valid JSON: JSON has no comments",
    ],
    [
      "NaN",
      '{ "url": [1, NaN] }',
      1,
      "is not valid JSON: NaN and Infinity are no JSON; write null, or leave the row out",
    ],
    [
      "the wrong bracket",
      '{ "url": [1} }',
      1,
      'is not valid JSON: a comma is missing, or a quote within a text (which is written \\")',
    ],
    ["two objects", "{}\n{}", 2, "is not valid JSON: something stands after its end"],
    ["UTF-16", utf16("{}"), 1, "is UTF-16; save it as UTF-8"],
  ])("%s", (_, text, line, message) => {
    expect(toldAtUpload(sample(text))).toEqual([`${SAMPLE}:${line}: ${message}`]);
  });
});
