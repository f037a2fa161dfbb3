import type { App, BundleFiles } from "#domain/bundle/bundle.ts";
import { flowFolder, requirementsOf } from "#domain/flow-folder.ts";
import { readDeploymentFile } from "./deployment-file.ts";

/** Prompt flow's own images, and those that keep its name; what any other one has, its maker knows. */
const PROMPT_FLOW_IMAGE = /promptflow/i;
/** Prompt flow itself and what it brings along. */
const ALWAYS_THERE = /^(promptflow(-[a-z]+)*|jinja2|openai|pydantic|pyyaml|requests)$/;

/**
 * A sentence about packages that the flow requires and a prompt flow image may lack: it does not
 * install them. Nobody can see from here what an image has, so this only warns: a deployment that
 * does not start gets no traffic.
 */
export function packageWarnings(app: App): readonly string[] {
  const { environment, file } = readDeploymentFile(app);
  const image = environment.kind === "inline" ? String(environment.properties.image) : "";
  if (!PROMPT_FLOW_IMAGE.test(image)) return [];
  const { flow, flowFile } = app.baseRun;
  const folder = flowFolder(app.files, { flow, flowFile, app: app.manifest.name });
  const packages = requirementsOf(folder).flatMap(packageOf).filter(isExtra);
  if (packages.length === 0) return [];
  const named = [...new Set(packages)].map((name) => `${name}${importerOf(folder.files, name)}`);
  return [
    `The flow requires ${named.join(", ")}, but ${image} does not install a flow's requirements. If it lacks one, the new deployment does not start and gets no traffic; then name in ${file} an image that has it, or an environment registered with a Conda file that names it (environment: azureml:name:version).`,
  ];
}

/** `name[extra]>=1; marker` is `name`; options and addresses are no names. */
function packageOf(line: string): string[] {
  const [, name] = /^([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:[[(<>=!~;#@]|$)/.exec(line) ?? [];
  return name === undefined ? [] : [name.toLowerCase().replace(/[._-]+/g, "-")];
}

function isExtra(name: string): boolean {
  return !ALWAYS_THERE.test(name);
}

/** Where a module is called like its package, which file imports it first. */
function importerOf(files: BundleFiles, name: string): string {
  const module = name.replaceAll("-", "_");
  const imports = new RegExp(`^\\s*(?:import|from)\\s+${module}\\b`);
  for (const [path, content] of files) {
    if (!path.endsWith(".py")) continue;
    const lines = new TextDecoder().decode(content).split(/\r?\n/);
    const line = lines.findIndex((text) => imports.test(text));
    if (line !== -1) return ` (imported at ${path}:${line + 1})`;
  }
  return "";
}
