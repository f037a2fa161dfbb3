import { BlobServiceClient } from "@azure/storage-blob";
import type { Azurite } from "./azurite.ts";
import { WORKSPACE } from "./stand.ts";

const ENDPOINT = `${WORKSPACE}/onlineEndpoints/kill-endpoint`;

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Calls to an emulator that runs as a process of its own, by the real clock. */
export interface Remote {
  call(method: string, path: string, body?: unknown): Promise<Answer>;
  upload(path: string, content: string): Promise<void>;
  /** Deploys a folder of the datastore as `blue` at `kill-endpoint`. */
  deploy(path: string): Promise<void>;
  score(inputs: unknown): Promise<unknown>;
  untilRun(runId: string, statuses: readonly string[]): Promise<string>;
}

export function connect(url: string, azurite: Azurite): Remote {
  const send = async (method: string, path: string, body: unknown, headers = {}) => {
    const response = await fetch(url + path, {
      method,
      headers: { "content-type": "application/json", ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === "" ? null : (JSON.parse(text) as unknown) };
  };
  const token = async (audience: string) => {
    const { body } = await send("POST", "/_emulator/token", { audience });
    return (body as { token: string }).token;
  };
  const call = async (method: string, path: string, body?: unknown) =>
    send(method, path, body, {
      authorization: `Bearer ${await token("https://management.azure.com")}`,
      "aml-user-token": await token("https://ml.azure.com"),
    });
  const arm = async (method: string, path: string, body?: unknown) => {
    const answer = await call(method, `${path}?api-version=2022-10-01`, body);
    if (answer.status >= 400) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  return {
    call,
    async upload(path, content) {
      const datastore = await arm("GET", `${WORKSPACE}/datastores/workspaceblobstore`);
      const { containerName } = (datastore as { properties: { containerName: string } }).properties;
      const blobs = BlobServiceClient.fromConnectionString(azurite.connectionString);
      const blob = blobs.getContainerClient(containerName).getBlockBlobClient(path);
      await blob.upload(content, Buffer.byteLength(content));
    },
    async deploy(path) {
      const modelUri = `azureml://datastores/workspaceblobstore/paths/${path}`;
      const model = `${WORKSPACE}/models/kill-model/versions/1`;
      await arm("PUT", model, { properties: { modelUri } });
      const location = "westeurope";
      await arm("PUT", ENDPOINT, {
        location,
        identity: { type: "SystemAssigned" },
        properties: {
          authMode: "Key",
          properties: { enforce_access_to_default_secret_stores: "enabled" },
        },
      });
      const properties = { endpointComputeType: "Managed", model };
      await arm("PUT", `${ENDPOINT}/deployments/blue`, { location, properties });
      await until(async () => {
        const deployment = await arm("GET", `${ENDPOINT}/deployments/blue`);
        const { provisioningState } = (deployment as { properties: Record<string, string> })
          .properties;
        return provisioningState === "Succeeded" ? provisioningState : undefined;
      });
    },
    async score(inputs) {
      const { primaryKey } = (await arm("POST", `${ENDPOINT}/listKeys`)) as { primaryKey: string };
      const headers = {
        authorization: `Bearer ${primaryKey}`,
        "azureml-model-deployment": "blue",
      };
      return (await send("POST", "/endpoints/kill-endpoint/score", inputs, headers)).body;
    },
    untilRun: (runId, statuses) =>
      until(async () => {
        const { body } = await call("POST", `/history/v1.0${WORKSPACE}/rundata`, { runId });
        const { status } = (body as { runMetadata: { status: string } }).runMetadata;
        return statuses.includes(status) ? status : undefined;
      }),
  };
}

async function until(read: () => Promise<string | undefined>): Promise<string> {
  for (let attempt = 0; attempt < 5000; attempt += 1) {
    const value = await read();
    if (value !== undefined) return value;
  }
  throw new Error("It did not come about.");
}
