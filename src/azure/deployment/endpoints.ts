import { z } from "zod";
import { readAnswer } from "#azure/answers.ts";
import type { HttpAnswer } from "#azure/http.ts";
import { COME_AGAIN } from "#azure/refusals.ts";
import { failed, gone, pending, ready, type Standing } from "#azure/states.ts";
import type { Discover } from "#azure/workspace.ts";
import type { Serving } from "#domain/baseline.ts";
import type { EndpointFile } from "#domain/deployment/endpoint-file.ts";
import { PipelineError } from "#domain/errors.ts";
import { restoredTraffic, type Traffic, trafficProblem } from "#domain/traffic.ts";
import type { Arm } from "./arm.ts";
import { BUNDLE_TAG, DeploymentEntry, VARIANT_TAG } from "./deployment-entry.ts";
import { changedEndpoint, newEndpoint } from "./endpoint-body.ts";

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
  return {
    /** Creates the endpoint unless it is there. One that failed is asked for again, with everything it had. */
    async ensureStarted({ name, app, file }: EndpointRequest): Promise<void> {
      const found = await find(arm, name);
      if (found === undefined) {
        await requireNothingThere(arm, name);
        const body = newEndpoint(app, file, (await discover()).location);
        await arm.change({ method: "PUT", path: pathOf(name), body });
        return;
      }
      const { provisioningState } = found.endpoint.properties;
      if (provisioningState === "Deleting") {
        throw new PipelineError("AZURE_BUSY", `The endpoint ${name} is being deleted.`);
      }
      if (!ENDED.has(provisioningState)) return;
      await arm.change({ method: "PUT", path: pathOf(name), ...changedEndpoint(found.answer, {}) });
    },

    async read(name: string): Promise<EndpointStanding> {
      const found = await find(arm, name);
      if (found === undefined) return { ...gone, ...NOTHING };
      const { identity, properties } = found.endpoint;
      const deployments = await listDeployments(arm, name, found.endpoint);
      return {
        ...(await standingOf(arm, name, found.endpoint)),
        scoringUri: properties.scoringUri ?? null,
        principalId: identity?.principalId ?? null,
        traffic: { ...restoredTraffic(properties.traffic ?? {}) },
        deployments: deployments
          .filter(({ tags }) => tags?.[BUNDLE_TAG] !== undefined)
          .toSorted((a, b) => (a.createdAt < b.createdAt ? -1 : 1))
          .map((deployment) => deployment.name),
      };
    },

    /** The deployment that most of the traffic goes to; of two with as much, the older one. */
    readServing: (name: string): Promise<Serving> => readServing(arm, name),

    /**
     * Sets the whole map, and nothing else, also where it is read already: what is read can be older than our last change.
     * The empty map is the way back of an endpoint that served nothing. DEPLOYMENT_FAILED for one that no endpoint can have.
     */
    async setTraffic(name: string, traffic: Traffic): Promise<void> {
      const { endpoint, answer } = (await find(arm, name)) ?? noEndpoint(name);
      const known = (await listDeployments(arm, name, endpoint)).map(
        (deployment) => deployment.name,
      );
      const problem = trafficProblem(traffic, known);
      if (problem !== undefined) {
        const message = `The traffic of ${name} cannot be set: ${problem}.`;
        throw new PipelineError("DEPLOYMENT_FAILED", message);
      }
      const change = changedEndpoint(answer, { traffic });
      await arm.change({ method: "PUT", path: pathOf(name), ...change });
    },
  };
}

function pathOf(name: string): string {
  return `/onlineEndpoints/${name}`;
}

interface Found {
  readonly endpoint: Endpoint;
  readonly answer: HttpAnswer;
}

async function find(arm: Arm, name: string): Promise<Found | undefined> {
  const answer = await arm.find(pathOf(name));
  if (answer === undefined) return undefined;
  return { answer, endpoint: readAnswer(Endpoint, answer, `GET endpoint ${name}`) };
}

/** That an endpoint in good order has none is not to be taken from a 404. */
async function listDeployments(
  arm: Arm,
  name: string,
  { properties }: Endpoint,
): Promise<DeploymentEntry[]> {
  const path = `${pathOf(name)}/deployments`;
  const listed = await arm.list(path, DeploymentEntry);
  if (listed !== undefined) return listed;
  return properties.provisioningState === "Succeeded" ? contradicted(`GET ${path}`, name) : [];
}

/** A PUT over an endpoint that a read has missed would take its traffic away. */
async function requireNothingThere(arm: Arm, name: string): Promise<void> {
  const there = (await arm.list(`${pathOf(name)}/deployments`, DeploymentEntry)) ?? [];
  if (there.length > 0) contradicted(`GET ${pathOf(name)}`, name);
}

function contradicted(call: string, name: string): never {
  const message = `Azure answered 404 to ${call}, but the endpoint ${name} is there.${COME_AGAIN}`;
  throw new PipelineError("AZURE_BUSY", message);
}

async function readServing(arm: Arm, name: string): Promise<Serving> {
  const found = await find(arm, name);
  if (found === undefined) {
    await requireNothingThere(arm, name);
    return { state: "absent" };
  }
  const traffic = restoredTraffic(found.endpoint.properties.traffic ?? {});
  const listed = await listDeployments(arm, name, found.endpoint);
  const [first] = Object.entries(traffic)
    .map(([deployment, share]) => ({
      share,
      entry: listed.find((one) => one.name === deployment) ?? unlisted(deployment, name),
    }))
    .toSorted((a, b) => b.share - a.share || (a.entry.createdAt < b.entry.createdAt ? -1 : 1));
  if (first === undefined) return { state: "idle" };
  const { name: deployment, tags } = first.entry;
  const [bundle, variant] = [tags?.[BUNDLE_TAG] ?? null, tags?.[VARIANT_TAG] ?? null];
  return { state: "serving", deployment, bundle, variant };
}

/** What has traffic is there, whatever a list says that lags behind. */
function unlisted(deployment: string, name: string): never {
  const message = `The endpoint ${name} gives traffic to ${deployment}, which Azure does not list.${COME_AGAIN}`;
  throw new PipelineError("AZURE_BUSY", message);
}

async function standingOf(arm: Arm, name: string, { properties }: Endpoint): Promise<Standing> {
  const { provisioningState, scoringUri } = properties;
  if (!ENDED.has(provisioningState)) {
    return provisioningState === "Succeeded" && scoringUri ? ready() : pending;
  }
  const operation = properties.properties?.AzureAsyncOperationUri ?? undefined;
  const reason = await arm.operationError(operation);
  return failed(reason ?? `Azure left the endpoint ${name} as ${provisioningState}`);
}

function noEndpoint(name: string): never {
  const message = `There is no endpoint ${name} to set traffic of.`;
  throw new PipelineError("DEPLOYMENT_FAILED", message);
}

const NOTHING = { scoringUri: null, principalId: null, traffic: {}, deployments: [] };
