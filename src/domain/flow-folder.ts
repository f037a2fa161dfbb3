import { z } from "zod";
import type { BundleFiles } from "#domain/bundle/bundle.ts";
import { join, resolvePath } from "#domain/manifest/app-path.ts";
import { PipelineError } from "./errors.ts";
import { editFlowYaml, readFlowYaml } from "./flow-yaml.ts";
import { type Ignores, ignoreRules } from "./ignore-rules.ts";

export const REQUIREMENTS = "requirements.txt";
const TOOLS_JSON = ".promptflow/flow.tools.json";
/** In this order a folder's own rules may bring back what these leave out, as in prompt flow's client. */
const FIRST_IGNORED = [".git", ".runs", "__pycache__"];

/** A flow as it goes to the service. */
export interface FlowFolder {
  readonly name: string;
  /** Everything in the folder; what `ignores` says is not uploaded. */
  readonly files: BundleFiles;
  readonly ignores: Ignores;
  /** `flow.dag.yaml`, or what the run YAML names. */
  readonly flowFile: string;
}

/** Which folder of the app, and how it is called when that is the app folder itself. */
export interface FlowPlace {
  /** "" for the app folder. */
  readonly flow: string;
  readonly flowFile: string;
  readonly app: string;
}

/** What of a flow's YAML says which files belong to it. */
export const FlowFiles = z.object({
  additional_includes: z.array(z.string()).nullish(),
  environment: z
    .looseObject({ python_requirements_txt: z.union([z.string(), z.array(z.string())]).optional() })
    .nullish(),
  language: z.string().nullish(),
});

/**
 * The flow's folder with its `additional_includes` merged in and its requirements named in the flow
 * YAML. BUNDLE_INVALID when the flow file or an include is not there.
 */
export function flowFolder(app: BundleFiles, place: FlowPlace): FlowFolder {
  const { flow, flowFile } = place;
  const own = filesUnder(app, flow);
  const source = own.get(flowFile);
  const file = join(flow, flowFile);
  if (source === undefined) throw invalid(file, "There is no such file.");

  const name = flow.split("/").at(-1) || place.app;
  if (!/\.ya?ml$/i.test(flowFile)) {
    return { name, files: own, flowFile, ignores: rulesOf(own, undefined) };
  }
  const text = new TextDecoder().decode(source);
  const yaml = readFlowYaml(text, file);
  const parsed = FlowFiles.safeParse(yaml);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalid(file, `${issue?.path.join(".")}: ${issue?.message}.`);
  }
  const { additional_includes: includes, environment, language } = parsed.data;
  const files = new Map(own);
  for (const include of includes ?? []) addInclude(files, app, flow, include, file);

  const named = environment?.python_requirements_txt !== undefined;
  const edited = editFlowYaml(text, yaml, {
    removes: "additional_includes",
    requirements: files.has(REQUIREMENTS) && !named ? REQUIREMENTS : null,
  });
  if (edited !== text) files.set(flowFile, new TextEncoder().encode(edited));
  return { name, files, flowFile, ignores: rulesOf(files, language) };
}

/** Lines of the flow's requirements that pip would read, in their order. */
export function requirementsOf({ files, flowFile }: FlowFolder): readonly string[] {
  const source = files.get(flowFile);
  const yaml = /\.ya?ml$/i.test(flowFile) && source ? new TextDecoder().decode(source) : "{}";
  const parsed = FlowFiles.safeParse(readFlowYaml(yaml, flowFile));
  const named = parsed.data?.environment?.python_requirements_txt ?? REQUIREMENTS;
  const lines = Array.isArray(named) ? named : linesOf(files.get(named.replace(/^\.\//, "")));
  return lines.map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#"));
}

function linesOf(content: Uint8Array | undefined): string[] {
  return content === undefined ? [] : new TextDecoder().decode(content).split(/\r\n|\n|\r/);
}

/** A folder of the app as a map of its own; "" is the app folder. */
export function filesUnder(app: BundleFiles, folder: string): BundleFiles {
  if (folder === "") return app;
  const prefix = `${folder}/`;
  const inside = [...app].filter(([path]) => path.startsWith(prefix));
  return new Map(inside.map(([path, content]) => [path.slice(prefix.length), content]));
}

/** Path in the app of what a flow in `folder` includes; undefined if it leads out. */
export function includedPath(folder: string, include: string): string | undefined {
  return resolvePath(folder, include.replaceAll("\\", "/"));
}

/** A file lands at the root under its own name, a folder with all that is in it; later ones win. */
function addInclude(
  files: Map<string, Uint8Array>,
  app: BundleFiles,
  flow: string,
  include: string,
  file: string,
): void {
  const path = includedPath(flow, include);
  if (path === undefined)
    throw invalid(file, `additional_includes: ${include} is outside the app.`);
  const name = path.split("/").at(-1) ?? "";
  const content = app.get(path);
  if (content !== undefined) {
    files.set(name, content);
    return;
  }
  const folder = filesUnder(app, path);
  if (path === "" || folder.size === 0) {
    throw invalid(file, `additional_includes: ${include} is not in the app.`);
  }
  for (const [inner, bytes] of folder) files.set(`${name}/${inner}`, bytes);
}

function rulesOf(files: BundleFiles, language: string | null | undefined): Ignores {
  const text = files.get(".amlignore") ?? files.get(".gitignore");
  const own = text === undefined ? "" : new TextDecoder().decode(text);
  const last = language === "csharp" ? [] : [TOOLS_JSON];
  return ignoreRules([...FIRST_IGNORED, own, ...last].join("\n"));
}

function invalid(file: string, message: string): PipelineError {
  const problems = [{ file, message }];
  return new PipelineError("BUNDLE_INVALID", `${file}: ${message}`, { where: { file }, problems });
}
