import type { LoadedFlow } from "#emulators/azure-ml/engine/engine.ts";
import type { Service } from "#emulators/azure-ml/service.ts";
import { listDeployments, type ServingSource } from "./deployment.ts";
import { findFlow } from "./find-flow.ts";

/** The flows that answer `/score`, one for every deployment that is up. */
export class Serving implements AsyncDisposable {
  readonly #service: Service;
  readonly #flows = new Map<string, Promise<LoadedFlow>>();

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
    const flow = await this.#service.engine.load({
      ...(await findFlow(source.folder)),
      environmentVariables: source.environmentVariables,
      log,
    });
    await this.unload(endpoint, deployment);
    this.#flows.set(keyOf(endpoint, deployment), Promise.resolve(flow));
  }

  /** The flow of a deployment, loaded again after a restart; undefined when it has none. */
  async flowOf(
    endpoint: string,
    deployment: string,
    source: ServingSource | null,
  ): Promise<LoadedFlow | undefined> {
    const key = keyOf(endpoint, deployment);
    const loaded = this.#flows.get(key);
    if (loaded || !source) return await loaded;
    const loading = findFlow(source.folder).then((flow) =>
      this.#service.engine.load({ ...flow, environmentVariables: source.environmentVariables }),
    );
    this.#flows.set(key, loading);
    loading.catch(() => this.#flows.delete(key));
    return await loading;
  }

  async unload(endpoint: string, deployment: string): Promise<void> {
    const key = keyOf(endpoint, deployment);
    const flow = this.#flows.get(key);
    this.#flows.delete(key);
    const loaded = await flow?.catch(() => undefined);
    await loaded?.[Symbol.asyncDispose]();
  }

  async unloadEndpoint(endpoint: string): Promise<void> {
    for (const { name } of listDeployments(this.#service, endpoint)) {
      await this.unload(endpoint, name);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const key of [...this.#flows.keys()]) {
      const [endpoint = "", deployment = ""] = key.split("/");
      await this.unload(endpoint, deployment);
    }
  }
}

function keyOf(endpoint: string, deployment: string): string {
  return `${endpoint}/${deployment}`.toLowerCase();
}
