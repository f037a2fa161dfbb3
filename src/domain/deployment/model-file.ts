import { z } from "zod";
import type { App } from "#domain/bundle/bundle.ts";
import { folderOf, isFolder, resolvePath } from "#domain/manifest/app-path.ts";
import { meantPath } from "#domain/manifest/not-there.ts";
import { invalidAt, readDeploymentYaml, Text, Texts } from "./yaml-fields.ts";

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_-]{0,254}$/;

const ModelYaml = z.looseObject({
  name: z
    .string({ error: "needed: the name under which the flow is registered" })
    .regex(NAME, "letters, digits, - and _, starting with a letter or digit"),
  path: z.string({ error: "needed: the folder of the flow, relative to this file" }).min(1),
  type: z
    .enum(["custom_model"], { error: "only custom_model: a flow is registered as its folder" })
    .default("custom_model"),
  description: Text.nullish(),
  tags: Texts,
  properties: Texts,
  stage: z.unknown().optional(),
  version: z.unknown().optional(),
});

/** What `model.yaml` says of the model that is to be registered. */
export interface ModelFile {
  readonly name: string;
  /** Folder in the app, "" for the app folder itself. */
  readonly folder: string;
  readonly description: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly properties: Readonly<Record<string, string>>;
  /** What the file says and Flowgate leaves out, a sentence each. */
  readonly notes: readonly string[];
}

/** MANIFEST_INVALID when it is missing, no YAML, or does not say what has to be known. */
export function readModelFile({ manifest, files }: App): ModelFile {
  const file = manifest.deploy.model;
  const { content, yaml } = readDeploymentYaml(files, file, {
    schema: ModelYaml,
    missing: "add it, or name it with deploy.model",
    unused: ["version", "stage"],
  });
  const folder = resolvePath(folderOf(file), content.path.replaceAll("\\", "/"));
  if (folder === undefined || /^[a-z][a-z0-9+.-]*:/i.test(content.path)) {
    throw invalidAt(yaml, ["path"], `${content.path} is outside the app folder`);
  }
  if (!isFolder(files, folder)) {
    const flows = [...files.keys()].filter((path) => path.endsWith("/flow.dag.yaml")).map(folderOf);
    const hint = meantPath(flows, folder, folderOf(file));
    throw invalidAt(yaml, ["path"], `${content.path} is no folder of the app${hint}`);
  }
  const { name, description, tags, properties } = content;
  return {
    name,
    folder,
    description: description ?? null,
    tags,
    properties,
    notes: notesOn(file, content),
  };
}

function notesOn(file: string, { stage, version }: z.infer<typeof ModelYaml>): string[] {
  const notes = [];
  if (stage !== undefined) notes.push(`${file}: stage is left out; Azure's stable API has none.`);
  if (version !== undefined)
    notes.push(`${file}: version is left out; Flowgate takes the next one.`);
  return notes;
}
