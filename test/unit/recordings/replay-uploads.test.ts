import { expect, test } from "vitest";
import { readCassette } from "#kit/recordings/cassette.ts";
import { replay } from "#kit/recordings/drive.ts";
import { sourcesOf } from "#kit/recordings/sources.ts";

const WS =
  "/subscriptions/s/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/ws";
const ARM = `https://management.azure.com${WS}`;
const FLOW = `https://here.api.azureml.ms/flow/api${WS}`;
const HASH = "0".repeat(36);
const BLOBS = `https://acc.blob.core.windows.net/box/LocalUpload/${HASH}`;

interface Recorded {
  readonly method: string;
  readonly uri: string;
  readonly status?: number;
  readonly sent?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly answer?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const datastore = {
  name: "workspaceblobstore",
  properties: {
    datastoreType: "AzureBlob",
    accountName: "acc",
    containerName: "box",
    endpoint: "core.windows.net",
    protocol: "https",
    credentials: { credentialsType: "AccountKey" },
  },
};
const opened: readonly Recorded[] = [
  { method: "GET", uri: `${ARM}/datastores/workspaceblobstore?api-version=1`, answer: datastore },
  {
    method: "POST",
    uri: `${ARM}/datastores/workspaceblobstore/listSecrets?api-version=1`,
    answer: { secretsType: "AccountKey", key: "a2V5" },
  },
];
const data: Recorded = {
  method: "HEAD",
  uri: `${BLOBS}/data.jsonl`,
  headers: { "x-ms-meta-upload_status": "completed" },
};
const look: Recorded = { method: "HEAD", uri: `${BLOBS}/qa/ask.py`, status: 404 };
const put: Recorded = {
  method: "PUT",
  uri: `${BLOBS}/qa/ask.py`,
  status: 201,
  sent: { "If-None-Match": "*", "x-ms-blob-type": "BlockBlob", "x-ms-date": "then" },
  body: "x = 1\n",
};
const mark: Recorded = {
  method: "PUT",
  uri: `${BLOBS}/qa/ask.py?comp=metadata`,
  sent: {
    "x-ms-meta-name": "a-guid",
    "x-ms-meta-version": "1",
    "x-ms-meta-upload_status": "completed",
  },
};
const submit: Recorded = {
  method: "POST",
  uri: `${FLOW}/BulkRuns/submit`,
  answer: "r",
  body: JSON.stringify({
    flowDefinitionDataStoreName: "workspaceblobstore",
    flowDefinitionBlobPath: `LocalUpload/${HASH}/qa/flow.dag.yaml`,
    runId: "r",
    runDisplayName: "r",
    runDisplayNameGenerationType: "UserProvidedMacro",
    sessionId: "0",
    sessionSetupMode: "SystemWait",
    flowLineageId: "0",
    runExperimentName: "",
    runtimeName: "automatic",
    disableTrace: false,
    batchDataInput: {
      dataUri: `azureml://datastores/workspaceblobstore/paths/LocalUpload/${HASH}/data.jsonl`,
    },
  }),
};

const sources = {
  "flows/qa/flow.dag.yaml": "nodes: []\n",
  "flows/qa/ask.py": "x = 1\n",
  "datas/data.jsonl": "{}\n",
};

async function play(recorded: readonly Recorded[], texts: Readonly<Record<string, string>>) {
  const interactions = recorded.map(
    ({ method, uri, status = 200, sent, body, answer, headers }) => ({
      request: { method, uri, body: body ?? null, headers: sent ?? {} },
      response: {
        status: { code: status },
        headers: headers ?? {},
        body: { string: answer === undefined ? "" : JSON.stringify(answer) },
      },
    }),
  );
  const files = Object.entries(texts).map(([path, text]) => [path, Buffer.from(text)] as const);
  const replayed = await replay(
    readCassette(JSON.stringify({ interactions })),
    sourcesOf(new Map(files)),
  );
  const about = (outcome: string) =>
    replayed.exchanges.filter((one) => one.outcome === outcome).map(({ request }) => request);
  return { ...replayed, about, differences: replayed.exchanges.flatMap((one) => one.differences) };
}

const blob = (name: string) => `/acc/box/localupload/(hash)/${name}`;

test("content of a recording is uploaded again, and what was uploaded is what is submitted", async () => {
  const { refusals, differences, about, uploads } = await play(
    [...opened, data, look, put, mark, submit],
    sources,
  );

  expect({ refusals, differences }).toEqual({ refusals: [], differences: [] });
  expect([...uploads.data.keys(), ...uploads.flows.keys()]).toEqual(["data.jsonl", "qa"]);
  expect(about("equal")).toEqual(
    expect.arrayContaining([
      `HEAD ${blob("data.jsonl")}`,
      `HEAD ${blob("qa/ask.py")}`,
      `PUT ${blob("qa/ask.py")}`,
      `PUT ${blob("qa/ask.py")}?comp=metadata`,
      `POST /flow/api${WS.toLowerCase()}/bulkruns/submit`,
    ]),
  );
  // A recorder keeps one file of those of a folder.
  expect(about("unrecorded")).toContain(`PUT ${blob("qa/flow.dag.yaml")}`);
});

test("another content, and another header, are differences", async () => {
  const other = { ...put, body: "x = 2\n" };
  const otherMark = { ...mark, sent: { ...mark.sent, "x-ms-meta-version": "2" } };
  const { differences } = await play([...opened, look, other, otherMark, submit], sources);

  expect(differences).toEqual([
    { path: "", ours: "x = 1\n", recorded: "x = 2\n" },
    { path: "x-ms-meta-version", ours: "1", recorded: "2" },
  ]);
});

test("a first file that nobody looked for is not recorded", async () => {
  const more = { ...sources, "flows/qa/a.py": "0\n" };
  const { about } = await play([...opened, look, submit], more);

  expect(about("unrecorded")).toContain(`HEAD ${blob("qa/a.py")}`);
});

test("a flow's file is compared by what it says", async () => {
  const uri = `${BLOBS}/qa/flow.dag.yaml`;
  const flow = { ...put, uri, body: "inputs: {}\r\nnodes:\r\n- name: a\r\n" };
  const { differences } = await play([...opened, look, flow, submit], sources);

  expect(differences).toEqual([{ path: "nodes", ours: [], recorded: [{ name: "a" }] }]);
});

test.each([
  ["no flow", { "datas/data.jsonl": "{}\n" }, ["qa", "there is no such flow"]],
  [
    "a flow without the file that was looked for first",
    { ...sources, "flows/qa/ask.py": null },
    ["qa", "its first file, ask.py, was made while it was recorded"],
  ],
  ["no data", { ...sources, "datas/data.jsonl": null }, ["data.jsonl", "there is no such file"]],
] as const)("what no source is known of is told: %s", async (_, texts, told) => {
  const kept = Object.entries(texts).filter(
    (entry): entry is [string, string] => entry[1] !== null,
  );
  const { uploads, refusals } = await play(
    [...opened, data, look, submit],
    Object.fromEntries(kept),
  );

  expect([...uploads.unknown]).toEqual([told]);
  expect(refusals).toEqual([]);
});
