import { join } from "node:path";
import { isDict } from "#emulators/azure-ml/engine/builtin/python-values.ts";
import { readYamlFile } from "#emulators/azure-ml/engine/builtin/yaml-file.ts";
import type { FlowSource } from "#emulators/azure-ml/engine/engine.ts";
import { environmentError } from "./install-failure.ts";
import { type Requirements, readRequirements } from "./requirements.ts";

/** Their versions are the engine's affair: the stand-in, or what the engine itself installed. */
const OF_THE_ENGINE: ReadonlySet<string | null> = new Set([
  "promptflow",
  "promptflow-azure",
  "promptflow-core",
  "promptflow-devkit",
  "promptflow-tools",
  "promptflow-tracing",
]);

/** What the flow asks for beside prompt flow itself. Rejects with FlowError for a file that is named and not there. */
export async function flowRequirements(source: FlowSource): Promise<Requirements> {
  const named = await namedFile(source);
  const requirements = await readRequirements(source.folder, named ?? "requirements.txt");
  if (!requirements && named !== null) {
    throw environmentError(
      `${source.file} names the requirements file ${named} (environment.python_requirements_txt), and it is not in the flow's folder.`,
    );
  }
  const { packages = [], options = [] } = requirements ?? {};
  return {
    folder: source.folder,
    packages: packages.filter(({ name }) => !OF_THE_ENGINE.has(name)),
    options,
  };
}

/** `environment: {python_requirements_txt: …}` of the flow; null when it does not say. */
async function namedFile({ folder, file }: FlowSource): Promise<string | null> {
  if (!/\.ya?ml$/.test(file)) return null;
  // A flow that is not YAML at all is told so when it is loaded.
  const { value } = await readYamlFile(join(folder, file), file).catch(() => ({ value: null }));
  const environment = isDict(value) ? value.environment : null;
  const named = isDict(environment) ? environment.python_requirements_txt : null;
  return typeof named === "string" && named !== "" ? named : null;
}
