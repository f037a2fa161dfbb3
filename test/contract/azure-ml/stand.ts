import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectAzure } from "#azure/connect-azure.ts";
import { createEmulatorCredential } from "#azure/credential.ts";
import { createDefaultDatastore } from "#azure/datastore.ts";
import { createMachineLearning } from "#azure/machine-learning.ts";
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

/** Every client of ours over an endpoint that speaks Azure, as they are wired. */
function connect(armEndpoint: string) {
  const credential = createEmulatorCredential(armEndpoint);
  const ml = createMachineLearning(credential, workspace, armEndpoint);
  return {
    ...connectAzure({ credential, workspace, armEndpoint }),
    discover: createDiscovery(ml, workspace),
    datastore: createDefaultDatastore(ml, workspace),
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
