import type { Commit } from "./pipeline.ts";
import type { DeployDecision } from "./request.ts";

const BRANCH = "refs/heads/";

/** What decides whether a pipeline may end in a deployment. */
export interface DeployQuestion {
  readonly trigger: "http" | "data";
  readonly commit: Commit | null;
  /** What the request says; undefined where it says nothing. */
  readonly deploy: boolean | undefined;
  /** From the app's latest bundle, so that a branch cannot allow itself. */
  readonly when: readonly string[];
  readonly onData: boolean;
  /** Whether an accepted pipeline that may deploy made that bundle the latest. */
  readonly latestDeployable: boolean;
}

/** `refused`: the request insists on what is not allowed. */
export type DeployAnswer = DeployDecision | { readonly wanted: "refused"; readonly reason: string };

/** Who may deploy. Every answer but yes says why. */
export function decideDeploy(question: DeployQuestion): DeployAnswer {
  const { deploy } = question;
  if (deploy === false) return { wanted: false, reason: "the request says deploy: false" };
  const obstacle = obstacleOf(question);
  if (obstacle === undefined) return { wanted: true };
  return { wanted: deploy === true ? "refused" : false, reason: obstacle };
}

function obstacleOf(question: DeployQuestion): string | undefined {
  const { trigger, commit, deploy, when, onData, latestDeployable } = question;
  if (when.length === 0) return "deploy.when is empty, so nobody may deploy";
  if (trigger === "data") {
    if (!onData) return "deploy.onData is false";
    if (latestDeployable) return undefined;
    return "the latest bundle was only uploaded; no pipeline that may deploy has been accepted with it";
  }
  if (commit !== null) return refObstacle(commit.ref, when);
  return deploy === true ? undefined : "without a commit only deploy: true asks for it";
}

function refObstacle(ref: string, when: readonly string[]): string | undefined {
  if (!ref.startsWith(BRANCH)) return `${ref} is not a branch`;
  const branch = ref.slice(BRANCH.length);
  return when.includes(branch) ? undefined : `deploy.when does not name ${branch}`;
}
