import { readPort, run } from "#emulators/kit/run.ts";
import { readConnections } from "./connections/read-connections.ts";
import { checkPython } from "./engine/builtin/check-python.ts";
import { readEngineName } from "./engine/create-engine.ts";
import { readCoreLimits, readDatastoreCredentials, readWorkspaces } from "./read-options.ts";
import { startAzureMl } from "./start-azure-ml.ts";

// The storage SDK would send even loopback requests through a proxy.
const loopback = "127.0.0.1,localhost,::1";
for (const name of ["NO_PROXY", "no_proxy"]) {
  process.env[name] = [process.env[name], loopback].filter(Boolean).join(",");
}

const OPTIONS = [
  "storage",
  "model",
  "latency",
  "tls",
  "cores",
  "datastore",
  "connections",
  "python",
  "engine",
  "subscription",
  "resource-group",
  "workspace",
];

await run("Azure ML", OPTIONS, async ({ port, data, more }) => {
  const { storage, model, latency = "none", python = "python3", engine = "builtin" } = more;
  if (!storage) throw new Error("--storage CONNECTION_STRING is missing.");
  if (!model) throw new Error("--model URL is missing.");
  await checkPython(python);
  return await startAzureMl({
    port,
    data,
    storage,
    latency,
    connections:
      more.connections === undefined ? undefined : readConnections(more.connections, process.env),
    coreLimits: more.cores === undefined ? undefined : readCoreLimits(more.cores),
    datastoreCredentials: readDatastoreCredentials(more.datastore ?? "AccountKey"),
    tls: more.tls === undefined ? undefined : readPort(more.tls, "--tls"),
    model,
    modelKey: process.env.FLOWGATE_MODEL_KEY,
    python,
    engineName: readEngineName(engine),
    env: process.env,
    subscription: more.subscription,
    resourceGroup: more["resource-group"],
    workspaces: more.workspace === undefined ? undefined : readWorkspaces(more.workspace),
    log: (event, fields) => process.stdout.write(`${JSON.stringify({ event, ...fields })}\n`),
  });
});
