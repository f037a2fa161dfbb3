import { type FlowPlace, flowFolder } from "#domain/flow-folder.ts";
import type { UploadedFlow } from "#domain/steps.ts";
import type { Interaction } from "./cassette.ts";
import type { Clients } from "./drive.ts";
import type { Sources } from "./sources.ts";

/** What of a cassette's content lies in the datastore by now, by the name of file or folder. */
export interface Uploads {
  readonly data: Map<string, string>;
  readonly flows: Map<string, UploadedFlow>;
  /** Names that no source is known of, with why. */
  readonly unknown: Map<string, string>;
}

const UPLOADED = /\/LocalUpload\/[^/]+\/([^/?]+)(?:\/([^?]+))?$/;
const FLOW_FILES = ["flow.dag.yaml", "flow.flex.yaml"];

export function noUploads(): Uploads {
  return { data: new Map(), flows: new Map(), unknown: new Map() };
}

/** A client looks for the first file of what it is about to upload; that is how a cassette tells of an upload. */
export async function upload(
  { assets }: Clients,
  { method, url }: Interaction,
  { sources, interactions }: { sources: Sources; interactions: readonly Interaction[] },
  { data, flows, unknown }: Uploads,
): Promise<void> {
  const [, name = "", first] = UPLOADED.exec(decodeURIComponent(url.pathname)) ?? [];
  if (method !== "HEAD" || name === "") return;
  if (first === undefined) {
    const content = sources.fileNamed(name, foldersOf(interactions, sources));
    if (content === undefined) return void unknown.set(name, "there is no such file");
    const { uri } = await assets.uploadFile(name, async () => once(content));
    data.set(name, uri);
    return;
  }
  const place = placeOf(name, interactions, sources);
  if (place === undefined) return void unknown.set(name, "there is no such flow");
  if (!sources.files.has(`${place.flow}/${first}`)) {
    return void unknown.set(name, `its first file, ${first}, was made while it was recorded`);
  }
  flows.set(name, await assets.uploadFlow(flowFolder(sources.files, place)));
}

/** The name under which a recorded reference has its content. */
export function nameOf(reference: string): string {
  return UPLOADED.exec(reference)?.[1] ?? "";
}

function placeOf(
  name: string,
  interactions: readonly Interaction[],
  sources: Sources,
): FlowPlace | undefined {
  const submitted = blobPathsOf(interactions)
    .map((path) => UPLOADED.exec(`/${path}`))
    .flatMap((found) => (found?.[1] === name && found[2] !== undefined ? [found[2]] : []));
  for (const flowFile of [...submitted, ...FLOW_FILES]) {
    const flow = sources.folderWith(name, flowFile);
    if (flow !== undefined) return { flow, flowFile, app: name };
  }
  return undefined;
}

function foldersOf(interactions: readonly Interaction[], sources: Sources): string[] {
  return blobPathsOf(interactions).flatMap(
    (path) => placeOf(nameOf(`/${path}`), interactions, sources)?.flow ?? [],
  );
}

function blobPathsOf(interactions: readonly Interaction[]): string[] {
  return interactions.flatMap(({ body }) => {
    const path = (body as Readonly<Record<string, unknown>> | undefined)?.flowDefinitionBlobPath;
    return typeof path === "string" ? [path] : [];
  });
}

async function* once(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content;
}
