import { PipelineError } from "#domain/errors.ts";
import { type AssetDigests, changeOf } from "./flow-upload.ts";

export interface ModelReader {
  /** Undefined where there is no such version (any more); `id` is its ARM id. */
  read(id: string): Promise<
    | {
        readonly properties: Readonly<Record<string, string | null>>;
        readonly uri: string;
      }
    | undefined
  >;
}

/** Where a service that keeps a copy of its own puts it. */
const COPIED = /^ServiceReplicated\//;

/** What says of a model version that it is this bundle's variant. */
export function modelIdentity(
  bundle: string,
  variant: string | null,
  content: string,
): Readonly<Record<string, string>> {
  return {
    "flowgate.bundle": bundle,
    "flowgate.variant": variant ?? "",
    "flowgate.content": content,
  };
}

/** DEPLOYMENT_FAILED when what lies there is not what was uploaded. */
export async function requireContent(
  assets: AssetDigests,
  place: { readonly datastore: string; readonly path: string },
  content: string,
): Promise<void> {
  const changed = await changeOf(assets, place, content);
  if (changed !== undefined) throw refused(changed);
}

/**
 * DEPLOYMENT_FAILED when the version says that it is something else, or when its files are. A copy that
 * the service made for itself is taken at its word.
 */
export async function requireEvaluatedModel(
  { models, assets }: { readonly models: ModelReader; readonly assets: AssetDigests },
  id: string,
  identity: Readonly<Record<string, string>>,
): Promise<void> {
  const [, name, version] = /\/models\/([^/]+)\/versions\/([^/]+)$/.exec(id) ?? [];
  const model = `Model azureml:${name}:${version}`;
  const found = await models.read(id);
  if (found === undefined) throw refused(`${model} was deleted after it was registered.`);
  requireIdentity(model, found.properties, identity);
  const [, datastore, path] = /\/datastores\/([^/]+)\/paths\/(.+?)\/*$/.exec(found.uri) ?? [];
  if (datastore === undefined || path === undefined) {
    throw refused(
      `${model} lies at ${found.uri}, which Flowgate did not upload. Delete this version and start the pipeline again (attempt + 1).`,
    );
  }
  if (COPIED.test(path)) return;
  await requireContent(assets, { datastore, path }, identity["flowgate.content"] ?? "");
}

/** An empty property may be left out. */
function requireIdentity(
  model: string,
  properties: Readonly<Record<string, string | null>>,
  identity: Readonly<Record<string, string>>,
): void {
  const other = Object.entries(identity).find(([key, value]) => (properties[key] ?? "") !== value);
  if (other === undefined) return;
  const [key, wanted] = other;
  throw refused(
    `${model} says ${key} is ${properties[key] || "nothing"}, not ${wanted || "nothing"}: it is not what was evaluated. Delete this version and start the pipeline again (attempt + 1).`,
  );
}

function refused(message: string): PipelineError {
  return new PipelineError("DEPLOYMENT_FAILED", message);
}
