import { createHash } from "node:crypto";
import type { z } from "zod";
import type { App, RunSpec } from "#domain/bundle/bundle.ts";
import { sessionId } from "./naming.ts";
import type { RunPlace, submitRun, UploadedFlow } from "./steps.ts";

/** Everything that the prompt flow service is told of a run. */
export interface RunRequest {
  readonly run: string;
  readonly displayName: string;
  readonly description: string | null;
  /** Runs of one experiment are listed together. */
  readonly experiment: string;
  readonly flow: UploadedFlow;
  /** Data URI; null for an evaluation run without data of its own. */
  readonly data: string | null;
  readonly baseRun: string | null;
  readonly columnMapping: Readonly<Record<string, string>>;
  /** `${node.variant}` */
  readonly variant: string | null;
  readonly connections: RunSpec["connections"];
  readonly environmentVariables: Readonly<Record<string, string>>;
  readonly init: RunSpec["init"];
  readonly place: RunPlace;
  /** 48 hex digits; also a run on a runtime has one. */
  readonly session: string;
  /** 64 hex digits, the same for every run of this flow. */
  readonly lineage: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly properties: Readonly<Record<string, string>>;
}

/** Where the bundle's digest is kept on a run. */
export const BUNDLE_PROPERTY = "flowgate.bundle";
/** Where the variant that the pipeline evaluates is kept on a run; absent where it has none. */
export const VARIANT_PROPERTY = "flowgate.variant";
/** Where the flow's folder in the app is kept on a run, for telling where an error happened. */
export const FLOW_PROPERTY = "flowgate.flow";

/** Our own say wins over the run YAML's: name, place, data and variant come from the pipeline. */
export function runRequest(input: z.infer<typeof submitRun.input>, app: App): RunRequest {
  const { id, bundle, kind, run, flow, data, baseRun, place } = input;
  const spec = kind === "base" ? app.baseRun : app.evaluationRun;
  const variant = kind === "base" ? (input.variant ?? spec.variant) : spec.variant;
  const tags = {
    "flowgate.pipeline": id,
    [BUNDLE_PROPERTY]: bundle,
    ...(input.variant === null ? {} : { [VARIANT_PROPERTY]: input.variant }),
  };
  const folder = spec.flow.split("/").at(-1) || input.app;
  return {
    run,
    displayName: spec.displayName ?? run,
    description: spec.description,
    experiment: experimentOf(folder),
    flow,
    data,
    baseRun,
    columnMapping: spec.columnMapping,
    variant,
    connections: spec.connections,
    environmentVariables: spec.environmentVariables,
    init: spec.init,
    place,
    session: place.kind === "session" ? place.name : sessionId(id),
    lineage: createHash("sha256").update(`${input.app}/${spec.flow}`).digest("hex"),
    tags: { ...spec.tags, ...tags },
    properties: { ...tags, [FLOW_PROPERTY]: spec.flow },
  };
}

/** As prompt flow's own client names it: a folder's runs are listed together, whoever submitted them. */
function experimentOf(folder: string): string {
  const words = folder.toLowerCase().split(/[^\p{L}\p{N}]+/u);
  return words
    .filter(Boolean)
    .join("_")
    .replace(/^(?=\p{N})/u, "n");
}
