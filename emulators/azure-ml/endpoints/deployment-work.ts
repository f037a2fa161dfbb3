import { rm } from "node:fs/promises";
import { join } from "node:path";
import { readAsset } from "#emulators/azure-ml/arm/assets.ts";
import { identitiesOf } from "#emulators/azure-ml/arm/identities.ts";
import { finishOperation } from "#emulators/azure-ml/arm/operations.ts";
import { mayReadConnections } from "#emulators/azure-ml/arm/role-assignments.ts";
import type { ArmErrorBody } from "#emulators/azure-ml/errors.ts";
import { pathOf } from "#emulators/azure-ml/flow-service/snapshot.ts";
import type { Service } from "#emulators/azure-ml/service.ts";
import { messageOf } from "#emulators/azure-ml/work.ts";
import {
  type Deployment,
  deploymentsOf,
  listDeployments,
  readDeployment,
  type ServingSource,
} from "./deployment.ts";
import { readEndpoint } from "./endpoint.ts";
import type { Serving } from "./serving.ts";

/** Brings deployments up, and after a restart those that were on their way. */
export class DeploymentWork {
  readonly #service: Service;
  readonly #serving: Serving;

  constructor(service: Service, serving: Serving) {
    this.#service = service;
    this.#serving = serving;
  }

  start({ endpoint, name, operationId }: Deployment): void {
    this.#service.work.start(`deployment ${endpoint}/${name}`, () =>
      this.#finish(endpoint, name, operationId),
    );
  }

  takeUp(): void {
    for (const deployment of listDeployments(this.#service)) {
      if (deployment.state === "Updating") this.start(deployment);
    }
  }

  async #finish(endpoint: string, name: string, operationId: string): Promise<void> {
    const service = this.#service;
    const current = () => {
      const deployment = readDeployment(service, endpoint, name);
      return deployment?.operationId === operationId && deployment.state === "Updating"
        ? deployment
        : undefined;
    };
    const change = (fields: Partial<Deployment>) => {
      const deployment = current();
      if (deployment)
        deploymentsOf(service).write(`${endpoint}/${name}`, { ...deployment, ...fields });
    };
    const log = (line: string) => {
      const at = new Date(service.clock.now()).toISOString();
      change({ log: [...(current()?.log ?? []), `${at} ${line}`] });
    };
    const deployment = current();
    if (!deployment) return;
    try {
      const source = await this.#bringUp(deployment, log);
      if (service.work.stopping.aborted || !source || !current()) return;
      log("The container is ready; GET /health answers 200.");
      change({ state: "Succeeded", serving: source });
      finishOperation(service, deployment.operationId);
      service.log("deployment up", { endpoint, name });
    } catch (error) {
      if (service.work.stopping.aborted) return;
      log(`The container crashed: ${messageOf(error)}`);
      change({ state: "Failed" });
      finishOperation(service, deployment.operationId, reasonOf(error));
      service.log("deployment failed", { endpoint, name });
    }
  }

  /** Resolves to undefined when the emulator stops first. */
  async #bringUp(
    deployment: Deployment,
    log: (line: string) => void,
  ): Promise<ServingSource | undefined> {
    const service = this.#service;
    const { endpoint, name, fault, request } = deployment;
    const stopping = service.work.stopping;
    const folder = await this.#copyModel(deployment);
    log(`Copied the model ${request.properties.model}.`);
    const readyAt =
      fault?.outcome === "never"
        ? Number.POSITIVE_INFINITY
        : deployment.startedAt + service.latency.deploymentCreate;
    await service.clock.pause(readyAt, stopping);
    if (stopping.aborted) return undefined;
    if (fault) throw new Error(fault.message ?? "The deployment was made to fail.");
    this.#requireConnections(endpoint);
    const environmentVariables = request.properties.environmentVariables ?? {};
    const source = { folder, environmentVariables };
    await this.#serving.load(endpoint, name, source, log);
    return source;
  }

  async #copyModel({ endpoint, name, revision, request }: Deployment): Promise<string> {
    const { storage, folder } = this.#service;
    const { model } = request.properties;
    const into = join(folder, "deployments", endpoint, name, String(revision));
    const path = pathOf(String(readAsset(this.#service, "models", model)?.properties["modelUri"]));
    if (!path) throw new Error(`The model ${model} does not lie in the default datastore.`);
    await rm(into, { recursive: true, force: true });
    const files = await storage.download(path.replace(/\/+$/, ""), into);
    if (files === 0) throw new Error(`The model ${model} is empty: no blobs under ${path}.`);
    return into;
  }

  /** The container reads the workspace's connections when it starts. */
  #requireConnections(name: string): void {
    const endpoint = readEndpoint(this.#service, name);
    if (!endpoint) throw new Error(`Endpoint ${name} was deleted.`);
    const { settings, principalId } = endpoint;
    if (settings.properties["enforce_access_to_default_secret_stores"] === "enabled") return;
    const assigned = Object.keys(settings.identity.userAssignedIdentities ?? {}).flatMap(
      (id) => identitiesOf(this.#service).read(id)?.principalId ?? [],
    );
    if (mayReadConnections(this.#service, [principalId, ...assigned])) return;
    throw new Error(
      `The identity of endpoint ${name} may not read the workspace's connections (Microsoft.MachineLearningServices/workspaces/connections/listsecrets/action); assign it 'AzureML Data Scientist' on the workspace.`,
    );
  }
}

function reasonOf(error: unknown): ArmErrorBody {
  const why = messageOf(error).trim().replace(/\.$/, "");
  const message = `User container has crashed or terminated: ${why}. Please see troubleshooting guide, available here: https://aka.ms/oe-tsg#error-resourcenotready`;
  return { code: "ResourceNotReady", message };
}
