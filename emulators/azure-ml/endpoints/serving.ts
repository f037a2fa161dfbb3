import type { LoadedFlow } from "#emulators/azure-ml/engine/engine.ts";
import type { Service } from "#emulators/azure-ml/service.ts";
import { listDeployments, type ServingSource } from "./deployment.ts";
import { findFlow } from "./find-flow.ts";

interface Served {
  readonly flow: Promise<LoadedFlow>;
  /** Requests that it is answering now. */
  leases: number;
  /** Another flow took its place; it goes with its last request. */
  isRetired: boolean;
}

/** A flow that is not taken away before it is disposed. */
export interface Lease extends AsyncDisposable {
  readonly flow: LoadedFlow;
}

/** The flows that answer `/score`, one for every deployment that is up. */
export class Serving implements AsyncDisposable {
  readonly #service: Service;
  readonly #served = new Map<string, Served>();

  constructor(service: Service) {
    this.#service = service;
  }

  /** Puts a flow in the place of the one that served before. Rejects with FlowError when it does not load. */
  async load(
    endpoint: string,
    deployment: string,
    source: ServingSource,
    log: (line: string) => void,
  ): Promise<void> {
    const flow = await this.#loadFlow(source, log);
    const key = keyOf(endpoint, deployment);
    const before = this.#served.get(key);
    this.#served.set(key, { flow: Promise.resolve(flow), leases: 0, isRetired: false });
    if (before) await retire(before);
  }

  /** The flow of a deployment, loaded again after a restart; undefined when it has none. */
  async lease(
    endpoint: string,
    deployment: string,
    source: ServingSource | null,
  ): Promise<Lease | undefined> {
    const key = keyOf(endpoint, deployment);
    const served = this.#served.get(key) ?? (source && this.#reload(key, source));
    if (!served) return undefined;
    served.leases += 1;
    const release = async () => {
      served.leases -= 1;
      if (served.isRetired) await retire(served);
    };
    try {
      return { flow: await served.flow, [Symbol.asyncDispose]: release };
    } catch (error) {
      await release();
      throw error;
    }
  }

  async unload(endpoint: string, deployment: string): Promise<void> {
    const key = keyOf(endpoint, deployment);
    const served = this.#served.get(key);
    this.#served.delete(key);
    if (served) await retire(served);
  }

  async unloadEndpoint(endpoint: string): Promise<void> {
    for (const { name } of listDeployments(this.#service, endpoint)) {
      await this.unload(endpoint, name);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const all = [...this.#served.values()];
    this.#served.clear();
    await Promise.allSettled(all.map(dispose));
  }

  #reload(key: string, source: ServingSource): Served {
    const served = { flow: this.#loadFlow(source), leases: 0, isRetired: false };
    this.#served.set(key, served);
    served.flow.catch(() => this.#served.delete(key));
    return served;
  }

  async #loadFlow(source: ServingSource, log?: (line: string) => void): Promise<LoadedFlow> {
    const { environmentVariables } = source;
    const flow = { ...(await findFlow(source.folder)), environmentVariables };
    return await this.#service.engine.load(log ? { ...flow, log } : flow);
  }
}

async function retire(served: Served): Promise<void> {
  served.isRetired = true;
  if (served.leases === 0) await dispose(served);
}

async function dispose({ flow }: Served): Promise<void> {
  const loaded = await flow.catch(() => undefined);
  await loaded?.[Symbol.asyncDispose]();
}

function keyOf(endpoint: string, deployment: string): string {
  return `${endpoint}/${deployment}`.toLowerCase();
}
