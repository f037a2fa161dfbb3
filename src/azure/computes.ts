import type { AzureMachineLearningWorkspaces } from "@azure/arm-machinelearning";
import { z } from "zod";
import { readAnswer } from "./answers.ts";
import { type AzureHttp, type HttpRequest, refuse } from "./http.ts";
import { type WorkspaceName, workspacePath } from "./machine-learning.ts";
import { passing } from "./refusals.ts";
import { findBySdk } from "./sdk-calls.ts";
import { failed, gone, pending, ready, type Standing } from "./states.ts";
import type { Discover } from "./workspace.ts";

/** The first stable one that knows `idleTimeBeforeShutdown`, which the SDK drops. */
const API_VERSION = "2025-12-01";
/** A machine that nobody uses and nobody could delete stops costing. */
const IDLE_SHUTDOWN = "PT1H";

const UNPROVISIONED = new Set(["Failed", "Canceled"]);
const RUNNING = new Set(["Running", "JobRunning"]);
/** Nothing brings the machine from here to running but somebody's hand. */
const UNUSABLE = new Set([
  "CreateFailed",
  "SetupFailed",
  "UserSetupFailed",
  "Unusable",
  "Stopping",
  "Stopped",
]);

const Problem = z.object({
  error: z.object({ code: z.string().nullish(), message: z.string().nullish() }).nullish(),
  code: z.string().nullish(),
  message: z.string().nullish(),
});

const Compute = z.object({
  properties: z.object({
    provisioningState: z.string(),
    provisioningErrors: z.array(Problem).nullish(),
    properties: z
      .object({ state: z.string().nullish(), errors: z.array(Problem).nullish() })
      .nullish(),
  }),
});

export interface ComputeRequest {
  readonly name: string;
  readonly vmSize: string;
  /** ARM id of the identity that the machine acts as. */
  readonly identity: string;
}

export interface ComputesOptions {
  readonly http: AzureHttp;
  readonly ml: AzureMachineLearningWorkspaces;
  readonly workspace: WorkspaceName;
  readonly armEndpoint: string;
  readonly discover: Discover;
}

/** Compute instances. What takes minutes is only asked for here; `read` tells how it went. */
export function createComputes({ http, ml, workspace, armEndpoint, discover }: ComputesOptions) {
  const base = `${armEndpoint}${workspacePath(workspace)}/computes`;

  async function find(name: string) {
    const call = `GET compute ${name}`;
    const found = await findBySdk(call, (options) =>
      ml.computeOperations.get(workspace.resourceGroup, workspace.workspace, name, options),
    );
    return found && readAnswer(Compute, { body: found }, call).properties;
  }

  /** Sends what ARM refuses while another operation on the machine goes on; then the machine's state says whether that is as good. */
  async function ask(request: HttpRequest, name: string, isAsGood: (state: string) => boolean) {
    const answer = await http({ ...request, accept: [404, 409] });
    if (answer.status === 404 && request.method === "DELETE") return;
    if (answer.status === 404) throw refuse(request, answer);
    if (answer.status !== 409) return;
    const compute = await find(name);
    if (isAsGood(compute?.provisioningState ?? "gone")) return;
    throw passing(refuse(request, answer));
  }

  return {
    /** Asks for the machine, or leaves the one alone that is there under this name. */
    async ensureStarted({ name, vmSize, identity }: ComputeRequest): Promise<void> {
      if (await find(name)) return;
      const { location } = await discover();
      const body = {
        location,
        identity: { type: "UserAssigned", userAssignedIdentities: { [identity]: {} } },
        properties: {
          computeType: "ComputeInstance",
          properties: {
            vmSize,
            computeInstanceAuthorizationType: "personal",
            applicationSharingPolicy: "Personal",
            sshSettings: { sshPublicAccess: "Disabled" },
            idleTimeBeforeShutdown: IDLE_SHUTDOWN,
          },
        },
      };
      const url = `${base}/${name}?api-version=${API_VERSION}`;
      await ask({ method: "PUT", url, body }, name, (state) => state !== "gone");
    },

    async read(name: string): Promise<Standing> {
      const compute = await find(name);
      return compute === undefined ? gone : standingOf(name, compute);
    },

    async remove(name: string): Promise<void> {
      const query = `api-version=${API_VERSION}&underlyingResourceAction=Delete`;
      const isGoing = (state: string) => state === "gone" || state === "Deleting";
      await ask({ method: "DELETE", url: `${base}/${name}?${query}` }, name, isGoing);
    },
  };
}

/** Ready needs both: what ARM says of the resource, and what the machine says of itself. */
function standingOf(name: string, compute: z.infer<typeof Compute>["properties"]): Standing {
  const { provisioningState, provisioningErrors, properties: machine } = compute;
  const state = machine?.state ?? "";
  const reason = reasonOf([...(provisioningErrors ?? []), ...(machine?.errors ?? [])]);
  if (provisioningState === "Deleting" || state === "Deleting") return pending;
  if (UNPROVISIONED.has(provisioningState)) {
    return failed(reason || `Compute instance ${name} ended as ${provisioningState}.`);
  }
  if (UNUSABLE.has(state)) return failed(reason || `Compute instance ${name} is ${state}.`);
  return provisioningState === "Succeeded" && RUNNING.has(state) ? ready() : pending;
}

function reasonOf(problems: readonly z.infer<typeof Problem>[]): string {
  return problems
    .map(({ error, code, message }) => [error?.code ?? code, error?.message ?? message])
    .map((parts) => parts.filter(Boolean).join(": "))
    .join("; ");
}
