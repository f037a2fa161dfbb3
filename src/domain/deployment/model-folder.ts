import type { App, BundleFiles } from "#domain/bundle/bundle.ts";
import { bundleDigest } from "#domain/bundle/digest.ts";
import { filesUnder, flowFolder } from "#domain/flow-folder.ts";
import { type Ignores, ignoreRules } from "#domain/ignore-rules.ts";
import { writeOverrides } from "./flow-overrides.ts";
import { type ModelFile, readModelFile } from "./model-file.ts";

/** The serving image looks for no other name. */
export const FLOW_FILE = "flow.dag.yaml";

/** The folder that becomes the model, ready to be uploaded. */
export interface ModelFolder {
  readonly model: ModelFile;
  readonly name: string;
  readonly files: BundleFiles;
  readonly ignores: Ignores;
  /** `sha256:…` over what is uploaded. */
  readonly content: string;
}

/**
 * What was evaluated, as one folder: includes merged, `variant` (else that of the run YAML) made the
 * default, connections and variables of the run written in. The same bundle and variant always give
 * the same content. A model.yaml that points elsewhere gets its folder as it is.
 */
export function modelFolder(app: App, variant: string | null): ModelFolder {
  const model = readModelFile(app);
  const folder =
    model.folder === app.baseRun.flow
      ? evaluatedFlow(app, variant)
      : otherFolder(app, model.folder);
  const kept = [...folder.files].filter(([path]) => !folder.ignores(path));
  const files = new Map(kept);
  return { ...folder, model, files, content: bundleDigest(files) };
}

function evaluatedFlow(app: App, variant: string | null) {
  const { baseRun, files, manifest } = app;
  const { flow, flowFile } = baseRun;
  const folder = flowFolder(files, { flow, flowFile, app: manifest.name });
  const source = new TextDecoder().decode(folder.files.get(flowFile));
  const run = { ...baseRun, variant: variant ?? baseRun.variant };
  const edited = writeOverrides(source, flow === "" ? flowFile : `${flow}/${flowFile}`, run);
  const { name, ignores } = folder;
  if (edited === source && flowFile === FLOW_FILE) return { name, ignores, files: folder.files };
  const written = new Map(folder.files);
  written.delete(flowFile);
  written.set(FLOW_FILE, new TextEncoder().encode(edited));
  return { name, ignores, files: written };
}

function otherFolder(app: App, path: string) {
  const files = filesUnder(app.files, path);
  const rules = files.get(".amlignore") ?? files.get(".gitignore");
  const ignores = ignoreRules(rules === undefined ? "" : new TextDecoder().decode(rules));
  return { name: path.split("/").at(-1) || app.manifest.name, files, ignores };
}
