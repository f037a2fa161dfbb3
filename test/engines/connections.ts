import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const aModel = (type: "AzureOpenAIConnection" | "OpenAIConnection", url: string) => {
  const azure = { api_base: url, api_type: "azure", api_version: "2024-02-01" };
  const open = { base_url: `${url}/v1`, organization: null };
  return { type, value: { api_key: "k", ...(type === "OpenAIConnection" ? open : azure) } };
};
const custom = (value: Readonly<Record<string, string>>) => ({ type: "CustomConnection", value });

/** The connections that prompt flow's test configurations name, in a file for PROMPTFLOW_CONNECTIONS, until disposed. */
export async function writeConnections(modelUrl: string) {
  const keys = custom({ key1: "v1", key2: "v2", CUSTOM: "abc" });
  const service = custom({ api_key: "sk", api_base: "u", api_url: "u" });
  const connections = {
    azure_open_ai_connection: aModel("AzureOpenAIConnection", modelUrl),
    open_ai_connection: aModel("OpenAIConnection", modelUrl),
    custom_connection: keys,
    custom_connection_2: service,
    test_custom_connection: keys,
    test_conn: service,
    basic_custom_connection: service,
    custom_strong_type_connection: service,
  };
  const complete = Object.entries(connections).map(([name, { type, value }]) => [
    name,
    { type, module: "promptflow.connections", value, secret_keys: [] },
  ]);
  const folder = await mkdtemp(join(tmpdir(), "flowgate-connections-"));
  const path = join(folder, "connections.json");
  await writeFile(path, JSON.stringify(Object.fromEntries(complete)));
  return { path, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}
