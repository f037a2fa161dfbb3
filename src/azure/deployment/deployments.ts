import { z } from "zod";
import { readAnswer } from "#azure/answers.ts";
import { failed, gone, pending, ready, type Standing } from "#azure/states.ts";
import type { Discover } from "#azure/workspace.ts";
import type { EnvironmentChoice } from "#domain/deployment/deployment-file.ts";
import { PipelineError } from "#domain/errors.ts";
import type { Arm } from "./arm.ts";
import { BUNDLE_TAG, CREATED_TAG, DeploymentEntry, VARIANT_TAG } from "./deployment-entry.ts";
import { createModelEnvironments } from "./model-environments.ts";

const LOG_LINES = 200;
const ENDED = new Set(["Failed", "Canceled"]);

const Log = z.object({ content: z.string().nullish() });

export interface DeploymentPlace {
  readonly endpoint: string;
  readonly deployment: string;
}

export interface DeploymentRequest extends DeploymentPlace {
  readonly app: string;
  /** Id of the pipeline that asks. */
  readonly pipeline: string;
  readonly bundle: string;
  readonly variant: string | null;
  /** ARM id of the model version. */
  readonly model: string;
  readonly environment: EnvironmentChoice;
  readonly environmentVariables: Readonly<Record<string, string>>;
  readonly instanceCount: number;
  readonly tags: Readonly<Record<string, string>>;
  /** Further fields of ARM's `properties`. */
  readonly settings: Readonly<Record<string, unknown>>;
}

export type ContainerType = "InferenceServer" | "StorageInitializer";

/** Managed online deployments. A new one has no traffic: that is the endpoint's to say. */
export function createDeployments(arm: Arm, discover: Discover, now = () => new Date()) {
  const environments = createModelEnvironments(arm);
  const pathOf = ({ endpoint, deployment }: DeploymentPlace) =>
    `/onlineEndpoints/${endpoint}/deployments/${deployment}`;

  async function find(place: DeploymentPlace): Promise<DeploymentEntry | undefined> {
    const answer = await arm.find(pathOf(place));
    return answer && readAnswer(DeploymentEntry, answer, `GET deployment ${place.deployment}`);
  }

  return {
    /** Asks for the deployment; one that is there is adopted if it was made of the same bundle and variant, and asked for again if it failed. */
    async ensureStarted(request: DeploymentRequest): Promise<void> {
      const found = await find(request);
      if (found !== undefined && !mustAskAgain(found, request)) return;
      const { location } = await discover();
      const environmentId = await environments.ensureEnvironment(request.environment);
      const body = bodyOf(request, { location, environmentId, createdAt: now().toISOString() });
      await arm.change({ method: "PUT", path: pathOf(request), body });
    },

    async read(place: DeploymentPlace): Promise<Standing> {
      const found = await find(place);
      if (found === undefined) return gone;
      const { provisioningState, properties } = found.properties;
      if (provisioningState === "Succeeded") return ready();
      if (!ENDED.has(provisioningState)) return pending;
      const reason = await arm.operationError(properties?.AzureAsyncOperationUri ?? undefined);
      return failed(reason ?? `Azure left it as ${provisioningState}`);
    },

    /** Asks for its removal. What is not there, or on its way out, is fine. */
    async remove(place: DeploymentPlace): Promise<void> {
      try {
        await arm.change({ method: "DELETE", path: pathOf(place), accept: [404] });
      } catch (error) {
        const isBusy = error instanceof PipelineError && error.retryable;
        const state = isBusy ? await find(place) : undefined;
        if (state?.properties.provisioningState !== "Deleting") throw error;
      }
    },

    /** The last lines of a container; AZURE_REFUSED when there is none. */
    async readLog(place: DeploymentPlace, containerType: ContainerType): Promise<string> {
      const path = `${pathOf(place)}/getLogs`;
      const answer = await arm.post(path, { containerType, tail: LOG_LINES });
      return readAnswer(Log, answer, `POST ${path}`).content ?? "";
    },
  };
}

/** DEPLOYMENT_FAILED when something else stands there under our name. */
function mustAskAgain({ tags, properties }: DeploymentEntry, request: DeploymentRequest): boolean {
  const { endpoint, deployment, bundle, variant } = request;
  const was = { bundle: tags?.[BUNDLE_TAG] ?? null, variant: tags?.[VARIANT_TAG] ?? null };
  if (was.bundle !== bundle || was.variant !== variant) {
    const message = `${deployment} at endpoint ${endpoint} was made of ${shown(was)}, not of ${shown({ bundle, variant })}; delete it, or deploy to another endpoint.`;
    throw new PipelineError("DEPLOYMENT_FAILED", message);
  }
  if (properties.provisioningState === "Deleting") {
    throw new PipelineError(
      "AZURE_BUSY",
      `${deployment} at endpoint ${endpoint} is being deleted.`,
    );
  }
  if (ENDED.has(properties.provisioningState)) return true;
  // ARM ids differ in case from one answer to the next.
  if (properties.model && properties.model.toLowerCase() !== request.model.toLowerCase()) {
    const message = `${deployment} at endpoint ${endpoint} has the model ${properties.model}, not ${request.model}, which was evaluated; delete it, or deploy to another endpoint.`;
    throw new PipelineError("DEPLOYMENT_FAILED", message);
  }
  return false;
}

function shown({ bundle, variant }: { bundle: string | null; variant: string | null }): string {
  const name = bundle ?? "a bundle that it does not name";
  return variant === null ? name : `${name} with ${variant}`;
}

interface Found {
  readonly location: string;
  readonly environmentId: string;
  readonly createdAt: string;
}

function bodyOf(request: DeploymentRequest, { location, environmentId, createdAt }: Found) {
  const { app, pipeline, bundle, variant, model, settings, environmentVariables } = request;
  return {
    location,
    tags: {
      ...request.tags,
      "flowgate.app": app,
      "flowgate.pipeline": pipeline,
      [BUNDLE_TAG]: bundle,
      ...(variant === null ? {} : { [VARIANT_TAG]: variant }),
      [CREATED_TAG]: createdAt,
    },
    sku: { name: "Default", capacity: request.instanceCount },
    properties: {
      ...settings,
      endpointComputeType: "Managed",
      model,
      environmentId,
      environmentVariables,
    },
  };
}
