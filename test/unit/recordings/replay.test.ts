import { expect, test } from "vitest";
import { readCassette } from "#kit/recordings/cassette.ts";
import { replay } from "#kit/recordings/drive.ts";

const WS =
  "/subscriptions/s/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/ws";
const FLOW = `https://here.api.azureml.ms/flow/api${WS}`;
const HASH = "0".repeat(36);

const submitted = {
  flowDefinitionDataStoreName: "store",
  flowDefinitionBlobPath: `LocalUpload/${HASH}/qa/flow.dag.yaml`,
  runId: "r",
  runDisplayName: "r",
  runDisplayNameGenerationType: "UserProvidedMacro",
  runExperimentName: "",
  sessionId: "0",
  sessionSetupMode: "SystemWait",
  flowLineageId: "0",
  runtimeName: "automatic",
  batchDataInput: { dataUri: "azureml://d" },
  inputsMapping: {},
  environmentVariables: {},
  connections: {},
  disableTrace: false,
};

interface Recorded {
  readonly method: string;
  readonly uri: string;
  readonly body?: unknown;
  readonly answer: unknown;
}

const discovery: Recorded = {
  method: "GET",
  uri: `https://management.azure.com${WS}?api-version=1`,
  answer: {
    location: "here",
    properties: { discoveryUrl: "https://here.api.azureml.ms/discovery" },
  },
};
const traces: Recorded = { method: "GET", uri: `${FLOW}/TraceSessions`, answer: {} };

function submit(differences: object = {}): Recorded {
  const body = { ...submitted, ...differences };
  return { method: "POST", uri: `${FLOW}/BulkRuns/submit`, body, answer: "r" };
}

/** As VCR writes them: bodies are text, headers lists. */
function cassette(...recorded: readonly Recorded[]): string {
  const interactions = recorded.map(({ method, uri, body, answer }) => ({
    request: { method, uri, body: body === undefined ? null : JSON.stringify(body), headers: {} },
    response: {
      status: { code: 200, message: "OK" },
      headers: { "Content-Type": ["application/json"], "content-length": ["1"] },
      body: { string: JSON.stringify(answer) },
    },
  }));
  return JSON.stringify({ interactions });
}

test("a session that asked for what we ask is the same", async () => {
  const status = {
    method: "POST",
    uri: `https://here.api.azureml.ms/history/v1.0${WS}/rundata`,
    body: { runId: "r", selectRunMetadata: true },
    answer: { runMetadata: { status: "Completed" } },
  };
  const { exchanges, refusals, unasked } = await replay(
    readCassette(cassette(discovery, traces, submit(), status)),
  );

  expect(
    exchanges.map(({ request, outcome }) => [request.replace(WS.toLowerCase(), ""), outcome]),
  ).toEqual([
    ["GET ", "equal"],
    ["POST /history/v1.0/rundata", "early"],
    ["GET /flow/api/tracesessions", "equal"],
    ["POST /flow/api/bulkruns/submit", "equal"],
    ["POST /history/v1.0/rundata", "equal"],
  ]);
  expect({ refusals, unasked }).toEqual({ refusals: [], unasked: [] });
});

test("a field that only the recording has is a difference", async () => {
  const { exchanges } = await replay(
    readCassette(cassette(discovery, traces, submit({ workerCount: 4 }))),
  );

  expect(exchanges.flatMap(({ differences }) => differences)).toEqual([
    { path: "workerCount", ours: undefined, recorded: 4 },
  ]);
});

test("a session that was recorded without discovery is driven all the same", async () => {
  const { exchanges, refusals } = await replay(readCassette(cassette(traces, submit())));

  expect(exchanges.map(({ outcome }) => outcome)).toEqual([
    "unrecorded",
    "early",
    "equal",
    "equal",
  ]);
  expect(refusals).toEqual([]);
});

test("what we never ask for is told", async () => {
  const resume = { method: "POST", uri: `${FLOW}/BulkRuns/resume`, body: {}, answer: "r" };
  const { exchanges, unasked } = await replay(
    readCassette(cassette(discovery, submit({ computeName: "ci" }), resume)),
  );

  expect(exchanges).toEqual([]);
  expect(unasked.map((request) => request.split("/").at(-1))).toEqual(["ws", "submit", "resume"]);
});

test("an answer that our client cannot use is told in its words", async () => {
  const lines = { method: "GET", uri: `${FLOW}/BulkRuns/r/childRuns?startIndex=0&endIndex=24` };
  const { refusals } = await replay(
    readCassette(cassette(discovery, { ...lines, answer: { value: [] } })),
  );

  expect(refusals).toEqual([expect.stringContaining("GET childRuns of run r")]);
});

test("what was recorded over HTTP/2 reads the same", () => {
  const request = { method: "GET", uri: "https://here/a", body: null };
  const response = { status_code: 404, http_version: "HTTP/2", content: '{"a":1}', headers: {} };

  expect(readCassette(JSON.stringify({ interactions: [{ request, response }] }))).toMatchObject([
    { method: "GET", body: undefined, status: 404, answer: '{"a":1}' },
  ]);
});
