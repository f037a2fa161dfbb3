import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAssetUpload } from "#azure/asset-upload.ts";
import { createComputes } from "#azure/computes.ts";
import { createEmulatorCredential } from "#azure/credential.ts";
import { createDefaultDatastore } from "#azure/datastore.ts";
import { createAzureHttp } from "#azure/http.ts";
import { createIdentities } from "#azure/identities.ts";
import { createMachineLearning } from "#azure/machine-learning.ts";
import { createMetrics } from "#azure/metrics.ts";
import { createRoleAssignments } from "#azure/role-assignments.ts";
import { createRunHistory } from "#azure/run-history.ts";
import { createRuns } from "#azure/runs.ts";
import { createRuntimes } from "#azure/runtimes.ts";
import { createSessions } from "#azure/sessions.ts";
import { createDiscovery } from "#azure/workspace.ts";
import { type AzureMlOptions, startAzureMl } from "#emulators/azure-ml/start-azure-ml.ts";
import { type Azurite, startAzurite } from "#emulators/azurite/start-azurite.ts";
import { ManualClock } from "#emulators/kit/clock.ts";
import { createGradeEngine } from "./grade-engine.ts";

const workspace = {
  subscriptionId: "00000000-0000-0000-0000-000000000001",
  resourceGroup: "flowgate",
  workspace: "local",
};

/** Every client of ours over an endpoint that speaks Azure. */
export function connect(armEndpoint: string) {
  const credential = createEmulatorCredential(armEndpoint);
  const http = createAzureHttp(credential);
  const ml = createMachineLearning(credential, workspace, armEndpoint);
  const discover = createDiscovery(ml, workspace);
  const datastore = createDefaultDatastore(ml, workspace);
  const history = createRunHistory(http, discover);
  return {
    http,
    discover,
    datastore,
    assets: createAssetUpload(datastore, credential),
    computes: createComputes({ http, ml, workspace, armEndpoint, discover }),
    identities: createIdentities({ http, workspace, armEndpoint, discover }),
    roles: createRoleAssignments({ http, workspace, armEndpoint }),
    runtimes: createRuntimes(http, discover),
    sessions: createSessions({ http, credential, discover }),
    history,
    runs: createRuns({ http, credential, discover, history }),
    metrics: createMetrics(http, discover),
  };
}

export type Clients = ReturnType<typeof connect>;

type Item = Readonly<Record<string, unknown>>;

export interface Stand extends AsyncDisposable {
  readonly url: string;
  /** Stands still until a test turns it. */
  readonly clock: ManualClock;
  readonly azure: Clients;
  fault(fault: unknown): Promise<void>;
  /** `METHOD path` of every request so far, the query left out. */
  requests(): Promise<readonly string[]>;
  inventory(kind: string): Promise<readonly Item[]>;
}

/** One Azurite serves all stands of a file. */
export async function startStorage(): Promise<Azurite> {
  const data = await mkdtemp(join(tmpdir(), "azurite-"));
  const azurite = await startAzurite({ data });
  return {
    ...azurite,
    async [Symbol.asyncDispose]() {
      await azurite[Symbol.asyncDispose]();
      await rm(data, { recursive: true, force: true });
    },
  };
}

export async function startStand(
  { connectionString: storage }: Azurite,
  options: Partial<AzureMlOptions> = {},
): Promise<Stand> {
  const clock = new ManualClock();
  const data = await mkdtemp(join(tmpdir(), "azure-ml-"));
  const engine = createGradeEngine();
  const emulator = await startAzureMl({ data, storage, clock, engine, ...options });
  const { url } = emulator;
  const list = async (path: string): Promise<readonly Item[]> => {
    const answer = (await (await fetch(`${url}/_emulator/${path}`)).json()) as { items: Item[] };
    return answer.items;
  };
  return {
    url,
    clock,
    azure: connect(url),
    async fault(fault) {
      const body = JSON.stringify(fault);
      const { status } = await fetch(`${url}/_emulator/faults`, { method: "POST", body });
      if (status !== 201) throw new Error(`The fault was refused with ${status}.`);
    },
    async requests() {
      const items = await list("requests");
      return items.map(({ method, path }) => `${method} ${String(path).replace(/\?.*/, "")}`);
    },
    async inventory(kind) {
      return (await list("inventory")).filter((item) => item["kind"] === kind);
    },
    async [Symbol.asyncDispose]() {
      await emulator[Symbol.asyncDispose]();
      await rm(data, { recursive: true, force: true });
    },
  };
}
