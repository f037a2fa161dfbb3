import type { AzureMachineLearningWorkspaces } from "@azure/arm-machinelearning";
import { z } from "zod";
import { PipelineError } from "#domain/errors.ts";
import { readAnswer } from "./answers.ts";
import { type WorkspaceName, workspacePath } from "./machine-learning.ts";
import { callSdk } from "./sdk-calls.ts";

const Workspace = z.object({
  location: z.string().min(1),
  discoveryUrl: z.url().includes("/discovery"),
});

/** Where the workspace's services are; URLs have no trailing slash. */
export interface Workspace {
  readonly location: string;
  /** The prompt flow service: BulkRuns, FlowRuntimes, FlowSessions. */
  readonly flow: string;
  /** Run history: status and metadata. */
  readonly history: string;
  readonly metric: string;
}

export type Discover = () => Promise<Workspace>;

/** Asks ARM once a process; a failed try is not remembered. */
export function createDiscovery(ml: AzureMachineLearningWorkspaces, name: WorkspaceName): Discover {
  let known: Promise<Workspace> | undefined;
  return () => {
    known ??= discover(ml, name).catch((error: unknown) => {
      known = undefined;
      throw error;
    });
    return known;
  };
}

async function discover(
  ml: AzureMachineLearningWorkspaces,
  name: WorkspaceName,
): Promise<Workspace> {
  const call = `GET workspace ${name.workspace}`;
  let kind: unknown;
  const answer = await callSdk(call, (options) =>
    ml.workspaces.get(name.resourceGroup, name.workspace, {
      ...options,
      // The SDK's model has no `kind`.
      onResponse: ({ parsedBody }) => {
        kind = parsedBody?.kind;
      },
    }),
  );
  if (String(kind).toLowerCase() === "hub") {
    const message = `Workspace ${name.workspace} is a hub, which runs no flows; name one of its projects.`;
    throw new PipelineError("AZURE_REFUSED", message);
  }
  const { location, discoveryUrl } = readAnswer(Workspace, { body: answer }, call);
  const base = discoveryUrl.slice(0, discoveryUrl.indexOf("/discovery"));
  const path = workspacePath(name);
  return {
    location,
    flow: `${base}/flow/api${path}`,
    history: `${base}/history/v1.0${path}`,
    metric: `${base}/metric/v2.0${path}`,
  };
}
