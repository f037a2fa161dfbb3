import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEnsureEndpoint } from "#activities/ensure-endpoint.ts";
import { createKeepDeploymentLogs } from "#activities/keep-deployment-logs.ts";
import { createPlanDeployment } from "#activities/plan-deployment.ts";
import { createReadDeployment } from "#activities/read-deployment.ts";
import { createReadEndpoint } from "#activities/read-endpoint.ts";
import { createRegisterModel } from "#activities/register-model.ts";
import { createRemoveDeployment } from "#activities/remove-deployment.ts";
import { createSetTraffic } from "#activities/set-traffic.ts";
import { createSmokeTest } from "#activities/smoke-test.ts";
import { createStartDeployment } from "#activities/start-deployment.ts";
import { connectAzure } from "#azure/connect-azure.ts";
import { createEmulatorCredential } from "#azure/credential.ts";
import type { App } from "#domain/bundle/bundle.ts";
import type { FlowEngine, LineResult } from "#emulators/azure-ml/engine/engine.ts";
import { type AzureMlOptions, startAzureMl } from "#emulators/azure-ml/start-azure-ml.ts";
import { ManualClock } from "#emulators/kit/clock.ts";

const workspace = {
  subscriptionId: "00000000-0000-0000-0000-000000000001",
  resourceGroup: "flowgate",
  workspace: "local",
};

/** Nobody else registers anything. */
export const ALONE = {
  locks: { acquire: async () => ({ acquired: true, holder: "" }), release: async () => {} },
  clock: { now: () => new Date() },
};

export type Stand = Awaited<ReturnType<typeof startStand>>;

/** The emulator with every deployment activity over it; apps and what is kept of logs lie in memory. */
export async function startStand(storage: string, options: Partial<AzureMlOptions> = {}) {
  const data = await mkdtemp(join(tmpdir(), "azure-ml-"));
  const clock = new ManualClock();
  const engine = answering({ category: "App" });
  const emulator = await startAzureMl({ data, storage, clock, engine, ...options });
  const credential = createEmulatorCredential(emulator.url);
  const azure = connectAzure({ credential, workspace, armEndpoint: emulator.url });
  const stored = new Map<string, App>();
  const logs = new Map<string, string>();
  const apps = {
    read: async (_: string, bundle: string) => stored.get(bundle) ?? missing(bundle),
  };
  const writer = {
    async writeText(id: string, name: string, text: string) {
      logs.set(`${id}/${name}`, text);
      return `${id}/${name}`;
    },
  };
  const { endpoints, deployments } = azure;
  async function callArm(
    path: string,
    body?: unknown,
    name = workspace.workspace,
  ): Promise<Readonly<Record<string, unknown>>> {
    const token = await credential.getToken("https://management.azure.com/.default");
    const { subscriptionId, resourceGroup } = workspace;
    const base = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.MachineLearningServices/workspaces/${name}`;
    const headers = { authorization: `Bearer ${token?.token}`, "content-type": "application/json" };
    const change = body === undefined ? {} : { method: "PUT", body: JSON.stringify(body) };
    const url = `${emulator.url}${base}${path}?api-version=2025-12-01`;
    const response = await fetch(url, { headers, ...change });
    return (await response.json()) as Readonly<Record<string, unknown>>;
  }
  return {
    url: emulator.url,
    clock,
    azure,
    stored,
    logs,
    plan: createPlanDeployment(apps, workspace).run,
    register: createRegisterModel({ apps, workspace, ...ALONE, ...azure }).run,
    ensureEndpoint: createEnsureEndpoint(apps, endpoints, workspace).run,
    readEndpoint: createReadEndpoint(endpoints).run,
    start: createStartDeployment({ apps, workspace, ...azure }).run,
    read: createReadDeployment(deployments).run,
    remove: createRemoveDeployment(deployments).run,
    keepLogs: createKeepDeploymentLogs(deployments, writer).run,
    setTraffic: createSetTraffic(endpoints).run,
    smoke: createSmokeTest(apps, azure.scoring).run,
    async fault(fault: unknown) {
      const body = JSON.stringify(fault);
      const { status } = await fetch(`${emulator.url}/_emulator/faults`, { method: "POST", body });
      if (status !== 201) throw new Error(`The fault was refused with ${status}.`);
    },
    /** The raw body in ARM. */
    arm: (path: string) => callArm(path),
    put: callArm,
    async [Symbol.asyncDispose]() {
      await emulator[Symbol.asyncDispose]();
      await rm(data, { recursive: true, force: true });
    },
  };
}

function missing(bundle: string): never {
  throw new Error(`No test put ${bundle} there.`);
}

/** Loads anything and answers every question with `outputs`. */
export function answering(outputs: Readonly<Record<string, unknown>>): FlowEngine {
  const at = new Date("2026-01-01T00:00:00Z");
  const line: LineResult = {
    lineNumber: 0,
    status: "Completed",
    inputs: {},
    outputs,
    error: null,
    nodes: {},
    startedAt: at,
    endedAt: at,
    tokens: { prompt: 0, completion: 0 },
  };
  return {
    load: async () => ({
      inputs: {},
      nodes: [],
      serve: async () => line,
      runBatch: () => Promise.reject(new Error("Nothing is evaluated here.")),
      async [Symbol.asyncDispose]() {},
    }),
  };
}
