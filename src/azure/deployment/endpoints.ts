import { z } from "zod";
import { readAnswer } from "#azure/answers.ts";
import type { HttpAnswer } from "#azure/http.ts";
import { failed, gone, pending, ready, type Standing } from "#azure/states.ts";
import type { Discover } from "#azure/workspace.ts";
import type { EndpointFile } from "#domain/deployment/endpoint-file.ts";
import { PipelineError } from "#domain/errors.ts";
import { restoredTraffic, sameTraffic, type Traffic, trafficProblem } from "#domain/traffic.ts";
import type { Arm } from "./arm.ts";
import { BUNDLE_TAG, DeploymentEntry } from "./deployment-entry.ts";
import { changedEndpoint } from "./endpoint-body.ts";

const Endpoint = z.object({
  identity: z.object({ principalId: z.string().nullish() }).nullish(),
  properties: z.object({
    provisioningState: z.string(),
    scoringUri: z.string().nullish(),
    traffic: z.record(z.string(), z.number()).nullish(),
    properties: z.record(z.string(), z.string().nullable()).nullish(),
  }),
});
type Endpoint = z.infer<typeof Endpoint>;

/** How an endpoint stands, with what a rollout starts from. */
export interface EndpointStanding extends Standing {
  readonly scoringUri: string | null;
  readonly principalId: string | null;
  /** Without entries that serve nothing. */
  readonly traffic: Record<string, number>;
  /** Ours, oldest first. */
  readonly deployments: string[];
}

export interface EndpointRequest {
  readonly name: string;
  readonly app: string;
  readonly file: EndpointFile;
}

const ENDED = new Set(["Failed", "Canceled"]);

/** Managed online endpoints. What takes minutes is only asked for; `read` tells how it went. */
export function createEndpoints(arm: Arm, discover: Discover) {
  const pathOf = (name: string) => `/onlineEndpoints/${name}`;

  async function find(
    name: string,
  ): Promise<{ endpoint: Endpoint; answer: HttpAnswer } | undefined> {
    const answer = await arm.find(pathOf(name));
    if (answer === undefined) return undefined;
    return { answer, endpoint: readAnswer(Endpoint, answer.body, `GET endpoint ${name}`) };
  }

  const listDeployments = (name: string): Promise<DeploymentEntry[]> =>
    arm.list(`${pathOf(name)}/deployments`, DeploymentEntry);

  async function standingOf(name: string, { properties }: Endpoint): Promise<Standing> {
    const { provisioningState, scoringUri } = properties;
    if (!ENDED.has(provisioningState)) {
      return provisioningState === "Succeeded" && scoringUri ? ready() : pending;
    }
    const reason = await arm.operationError(
      properties.properties?.AzureAsyncOperationUri ?? undefined,
    );
    return failed(reason ?? `Azure left the endpoint ${name} as ${provisioningState}.`);
  }

  return {
    /** Creates the endpoint unless it is there. One whose creation failed is asked for again, with everything it had. */
    async ensureStarted({ name, app, file }: EndpointRequest): Promise<void> {
      const found = await find(name);
      if (found === undefined) {
        const { location } = await discover();
        await arm.change({ method: "PUT", path: pathOf(name), body: newBody(app, file, location) });
        return;
      }
      const state = found.endpoint.properties.provisioningState;
      if (state === "Deleting") {
        throw new PipelineError("AZURE_BUSY", `The endpoint ${name} is being deleted.`);
      }
      if (!ENDED.has(state)) return;
      await arm.change({ method: "PUT", path: pathOf(name), ...changedEndpoint(found.answer, {}) });
    },

    async read(name: string): Promise<EndpointStanding> {
      const found = await find(name);
      if (found === undefined) return { ...gone, ...NOTHING };
      const { identity, properties } = found.endpoint;
      const deployments = await listDeployments(name);
      return {
        ...(await standingOf(name, found.endpoint)),
        scoringUri: properties.scoringUri ?? null,
        principalId: identity?.principalId ?? null,
        traffic: { ...restoredTraffic(properties.traffic ?? {}) },
        deployments: deployments
          .filter(({ tags }) => tags?.[BUNDLE_TAG] !== undefined)
          .toSorted((a, b) => (a.createdAt < b.createdAt ? -1 : 1))
          .map((deployment) => deployment.name),
      };
    },

    /**
     * Sets the whole map, and nothing else; a map that is in force is left alone. The empty map is the
     * way back of an endpoint that served nothing. DEPLOYMENT_FAILED for one that no endpoint can have.
     */
    async setTraffic(name: string, traffic: Traffic): Promise<void> {
      const found = await find(name);
      if (found === undefined) {
        throw new PipelineError(
          "DEPLOYMENT_FAILED",
          `There is no endpoint ${name} to set traffic of.`,
        );
      }
      const known = (await listDeployments(name)).map((deployment) => deployment.name);
      const problem = trafficProblem(traffic, known);
      if (problem !== undefined) {
        const message = `The traffic of ${name} cannot be set: ${problem}.`;
        throw new PipelineError("DEPLOYMENT_FAILED", message);
      }
      const { properties } = found.endpoint;
      const settled = properties.provisioningState === "Succeeded";
      if (settled && sameTraffic(properties.traffic ?? {}, traffic)) return;
      await arm.change({
        method: "PUT",
        path: pathOf(name),
        ...changedEndpoint(found.answer, { traffic }),
      });
    },
  };
}

const NOTHING = { scoringUri: null, principalId: null, traffic: {}, deployments: [] };

function newBody(app: string, file: EndpointFile, location: string) {
  const { authMode, description, properties, publicNetworkAccess, identity, tags } = file;
  return {
    location,
    kind: "Managed",
    tags: { ...tags, "flowgate.app": app },
    identity,
    properties: {
      authMode,
      ...(description === null ? {} : { description }),
      ...(publicNetworkAccess === null ? {} : { publicNetworkAccess }),
      properties,
      traffic: {},
    },
  };
}
