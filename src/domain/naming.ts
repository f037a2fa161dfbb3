import { createHash } from "node:crypto";

const SUFFIX = 12;

function hex(text: string, digits: number): string {
  return createHash("sha256").update(text).digest("hex").slice(0, digits);
}

/** Everything that makes two requests "the same"; `data` is blob and ETag, or null for the bundle's own. */
export interface PipelineIdentity {
  readonly app: string;
  readonly bundle: string;
  readonly data: { readonly blob: string; readonly etag: string } | null;
  readonly repository: string | null;
  readonly sha: string | null;
  readonly deploy: boolean;
  readonly attempt: number;
}

/** Equal requests get equal ids, so a repeated trigger meets the pipeline that it started before. */
export function pipelineId(request: PipelineIdentity): string {
  const { app, bundle, data, repository, sha, deploy, attempt } = request;
  const parts = [app, bundle, data?.blob, data?.etag, repository, sha, deploy, attempt];
  return `${app}-${hex(JSON.stringify(parts.map((part) => part ?? null)), SUFFIX)}`;
}

/** The last 12 characters of a pipeline id: hex digits, and the end of every test resource's name. */
export function suffixOf(id: string): string {
  return id.slice(-SUFFIX);
}

export type Branch = "assets" | "environment" | "removal" | "model" | "endpoint" | "deployment";

/** The instance id of a branch of a pipeline. */
export function branchId(id: string, branch: Branch | `run-${number}` | `event-${number}`): string {
  return `${id}-${branch}`;
}

/** At most 24 characters and unique in its region, as compute instances must be. */
export function computeName(id: string): string {
  return `flowgate-ci-${suffixOf(id)}`;
}

export function runtimeName(id: string): string {
  return `flowgate-rt-${suffixOf(id)}`;
}

/** 48 hex digits, as the prompt flow service wants them. */
export function sessionId(id: string): string {
  return hex(id, 48 - SUFFIX) + suffixOf(id);
}

/** One identity serves every pipeline of a workspace. */
export function identityName(workspace: string): string {
  return `flowgate-${workspace}`;
}

/** `round` counts from 0: each repeat of a run has a name of its own. */
export function runName(
  id: string,
  kind: "base" | "evaluation",
  index: number,
  round: number,
): string {
  const name = `${id}-${kind}-${index}`;
  return round === 0 ? name : `${name}-repeat-${round + 1}`;
}

/** Named by what it serves, so that the same bundle and variant are deployed once. 3 to 32 characters. */
export function deploymentName(bundle: string, variant: string | null): string {
  return `fg-${variant === null ? bundle.replace("sha256:", "").slice(0, SUFFIX) : hex(`${bundle} ${variant}`, SUFFIX)}`;
}

const MAX_ENDPOINT = 32;

/** Used when neither endpoint.yaml nor deployment.yaml names the endpoint; Azure takes single hyphens only. */
export function defaultEndpointName(app: string): string {
  const name = singleHyphens(`${app}-endpoint`);
  if (name.length <= MAX_ENDPOINT) return name;
  return `${singleHyphens(app.slice(0, 23)).replace(/-+$/, "")}-${hex(app, 8)}`;
}

function singleHyphens(name: string): string {
  return name.replace(/-{2,}/g, "-");
}
