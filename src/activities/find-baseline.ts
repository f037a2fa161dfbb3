import {
  evaluationOf,
  type KnownRows,
  neverEvaluated,
  noEndpoint,
  noFile,
  noTraffic,
  notOurs,
  rowsGone,
  type Serving,
  type StableRows,
} from "#domain/baseline.ts";
import type { App } from "#domain/bundle/bundle.ts";
import { endpointName } from "#domain/deployment/deployment-plan.ts";
import type { WorkspacePlace } from "#domain/deployment/placeholders.ts";
import type { Pipeline } from "#domain/pipeline.ts";
import { findBaseline } from "#domain/steps.ts";
import { implement } from "#durable/activity.ts";
import type { AppReader } from "./app-reader.ts";

const PAGE = 50;

interface PipelineFilter {
  readonly app: string;
  readonly bundle: string;
}

interface PipelinePage {
  readonly items: readonly { readonly id: string }[];
  readonly next: string | null;
}

export interface FindBaselineNeeds {
  readonly apps: AppReader;
  readonly workspace: WorkspacePlace;
  readonly endpoints: { readServing(endpoint: string): Promise<Serving> };
  readonly pipelines: {
    /** Newest first. */
    list(filter: PipelineFilter, top: number, after: string | null): Promise<PipelinePage>;
  };
  readonly documents: { readPipeline(id: string): Promise<Pipeline | null> };
  readonly rows: { arePublished(id: string): Promise<boolean> };
}

export function createFindBaseline(needs: FindBaselineNeeds) {
  return implement(findBaseline, async ({ id, app, bundle, digest }): Promise<StableRows> => {
    const read = await needs.apps.read(app, bundle);
    const missing = missingFile(read);
    if (missing !== undefined) return { none: noFile(missing) };
    const endpoint = endpointName(read, needs.workspace);
    const serving = await needs.endpoints.readServing(endpoint);
    if (serving.state !== "serving") {
      return { none: serving.state === "absent" ? noEndpoint(endpoint) : noTraffic(endpoint) };
    }
    const { deployment, variant } = serving;
    if (serving.bundle === null) return { none: notOurs(deployment, endpoint) };
    const earlier = pipelinesOf(needs, { app, bundle: serving.bundle }, id);
    return await newestOf(needs, earlier, { deployment, variant, digest });
  });
}

type Wanted = Pick<KnownRows, "deployment" | "variant"> & { readonly digest: string };

/** Of pipelines, newest first, the first that evaluated it and whose rows are still there. */
async function newestOf(
  { rows }: FindBaselineNeeds,
  pipelines: AsyncIterable<Pipeline>,
  { deployment, variant, digest }: Wanted,
): Promise<StableRows> {
  let wasEvaluated = false;
  for await (const pipeline of pipelines) {
    const run = evaluationOf(pipeline, variant, digest);
    if (run === undefined) continue;
    wasEvaluated = true;
    if (!(await rows.arePublished(pipeline.id))) continue;
    const { dataset = null, metrics: logged } = run;
    return { deployment, pipeline: pipeline.id, variant, dataset, logged };
  }
  return { none: wasEvaluated ? rowsGone(deployment) : neverEvaluated(deployment) };
}

/** Without them it cannot be deployed either. */
function missingFile({ manifest, files }: App): string | undefined {
  const { endpoint, deployment } = manifest.deploy;
  return [endpoint, deployment].find((file) => !files.has(file));
}

/** Every pipeline of the bundle but our own. */
async function* pipelinesOf(
  { pipelines, documents }: FindBaselineNeeds,
  filter: PipelineFilter,
  own: string,
): AsyncGenerator<Pipeline> {
  let after: string | null = null;
  do {
    const page: PipelinePage = await pipelines.list(filter, PAGE, after);
    for (const { id } of page.items) {
      const pipeline = id === own ? null : await documents.readPipeline(id);
      if (pipeline !== null) yield pipeline;
    }
    after = page.next;
  } while (after !== null);
}
