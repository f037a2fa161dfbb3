import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BlobServiceClient } from "@azure/storage-blob";
import type { FlowEngine } from "#emulators/azure-ml/engine/engine.ts";
import { type AzureMlOptions, startAzureMl } from "#emulators/azure-ml/start-azure-ml.ts";
import { ManualClock } from "#emulators/kit/clock.ts";
import type { Azurite } from "./azurite.ts";
import { createEchoEngine } from "./echo-engine.ts";

export const WORKSPACE =
  "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/flowgate/providers/Microsoft.MachineLearningServices/workspaces/local";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers of many shapes and state what they expect
  readonly body: any;
}

interface CallOptions {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Stand extends AsyncDisposable {
  readonly url: string;
  readonly clock: ManualClock;
  /** With a bearer token and, on the flow service, a user token. */
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  /** Below the workspace, with an api-version. */
  arm(method: string, path: string, body?: unknown): Promise<Answer>;
  flow(method: string, path: string, body?: unknown): Promise<Answer>;
  history(method: string, path: string, body?: unknown): Promise<Answer>;
  fault(fault: unknown): Promise<void>;
  token(audience: string, ttl?: number): Promise<string>;
  upload(path: string, content: string): Promise<void>;
  download(path: string): Promise<string>;
  /** Stops the emulator and starts another one over the same data folder. */
  restart(engine?: FlowEngine): Promise<void>;
}

/** An emulator over Azurite, with a clock that stands still. */
export async function startStand(
  azurite: Azurite,
  options: Partial<AzureMlOptions> = {},
): Promise<Stand> {
  const clock = new ManualClock();
  const data = await mkdtemp(join(tmpdir(), "azure-ml-"));
  const start = (engine: FlowEngine) =>
    startAzureMl({ ...options, data, storage: azurite.connectionString, clock, engine });
  let emulator = await start(options.engine ?? createEchoEngine());

  const send = async (method: string, url: string, { body, headers = {} }: CallOptions) => {
    const response = await fetch(url, {
      method,
      headers: { "content-type": "application/json", ...headers },
      ...(body === undefined
        ? {}
        : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.includes("json");
    const answer = { status: response.status, headers: response.headers };
    return { ...answer, body: isJson ? JSON.parse(text) : text };
  };
  const token = async (audience: string, ttl?: number) => {
    const body = ttl === undefined ? { audience } : { audience, ttl };
    const answer = await send("POST", `${emulator.url}/_emulator/token`, { body });
    return answer.body.token as string;
  };
  const call: Stand["call"] = async (method, path, given = {}) => {
    const headers = {
      authorization: `Bearer ${await token("https://management.azure.com")}`,
      "aml-user-token": await token("https://ml.azure.com"),
      ...given.headers,
    };
    return send(method, `${emulator.url}${path}`, { ...given, headers });
  };
  const container = BlobServiceClient.fromConnectionString(azurite.connectionString);
  const blob = async (path: string) => {
    const { body } = await call("GET", `${WORKSPACE}/datastores/workspaceblobstore?api-version=1`);
    return container.getContainerClient(body.properties.containerName).getBlockBlobClient(path);
  };

  return {
    get url() {
      return emulator.url;
    },
    clock,
    token,
    call,
    arm: (method, path, body) => {
      const separator = path.includes("?") ? "&" : "?";
      return call(method, `${WORKSPACE}${path}${separator}api-version=2022-10-01`, { body });
    },
    flow: (method, path, body) => call(method, `/flow/api${WORKSPACE}${path}`, { body }),
    history: (method, path, body) => call(method, `/history/v1.0${WORKSPACE}${path}`, { body }),
    async fault(fault) {
      const { status } = await call("POST", "/_emulator/faults", { body: fault });
      if (status !== 201) throw new Error(`The fault was refused with ${status}.`);
    },
    async upload(path, content) {
      const client = await blob(path);
      await client.upload(content, Buffer.byteLength(content));
    },
    async download(path) {
      return (await (await blob(path)).downloadToBuffer()).toString();
    },
    async restart(engine = createEchoEngine()) {
      await emulator[Symbol.asyncDispose]();
      emulator = await start(engine);
    },
    async [Symbol.asyncDispose]() {
      await emulator[Symbol.asyncDispose]();
      await rm(data, { recursive: true, force: true });
    },
  };
}

/** Turns no clock: asks until the run is over. */
export async function endedRun(stand: Stand, runId: string): Promise<Answer["body"]> {
  for (let attempt = 0; attempt < 5000; attempt += 1) {
    const { body } = await stand.history("POST", "/rundata", { runId });
    if (["Completed", "Failed", "Canceled"].includes(body.runMetadata.status)) {
      return body.runMetadata;
    }
  }
  throw new Error(`Run ${runId} did not end.`);
}

/** The flow of `uploadSources` over two rows. */
export function aSubmit(runId: string, more: Readonly<Record<string, unknown>> = {}) {
  return {
    runId,
    flowDefinitionDataStoreName: "workspaceblobstore",
    flowDefinitionBlobPath: "LocalUpload/f1/qa/flow.dag.yaml",
    batchDataInput: dataAt("LocalUpload/d1/data.jsonl"),
    inputsMapping: {},
    runtimeName: "automatic",
    ...more,
  };
}

export function dataAt(path: string) {
  return { dataUri: `azureml://datastores/workspaceblobstore/paths/${path}` };
}

export async function uploadSources(stand: Stand): Promise<void> {
  await stand.upload("LocalUpload/f1/qa/flow.dag.yaml", "nodes: []\n");
  await stand.upload("LocalUpload/d1/data.jsonl", '{"question":"a"}\n{"question":"b"}\n');
}
