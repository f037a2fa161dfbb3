import { join } from "node:path";
import type { FlowSource } from "#emulators/azure-ml/engine/engine.ts";
import { flowError } from "./errors.ts";
import { type FlexFile, readFlexFile } from "./flex-file.ts";
import { type FlowFile, readFlowFile } from "./flow-file.ts";
import { type Environment, type PromptyFile, readPromptyFile } from "./prompty-file.ts";
import { isDict, pythonStr } from "./python-values.ts";
import { readYamlFile } from "./yaml-file.ts";

/** Reads whatever flow the file describes. Rejects with FlowError naming file and line. */
export async function readDefinition(
  source: FlowSource,
  folder: string,
  environment: Environment,
): Promise<FlowFile | FlexFile | PromptyFile> {
  const path = join(folder, source.file);
  if (source.file.endsWith(".prompty")) {
    return readPromptyFile(path, source.file, environment, source.init);
  }
  const file = await readYamlFile(path, source.file);
  if (!isDict(file.value)) {
    throw flowError("FlowDefinitionError", `${source.file} is not a map of flow keys.`);
  }
  const language = file.value.language ?? "python";
  if (language !== "python") {
    throw flowError(
      "NotSupported",
      `A flow in language '${pythonStr(language)}' is not supported by the builtin engine yet (${file.where("language")}). Only python flows run here; C# needs dotnet and the prompt flow CLI.`,
    );
  }
  return "entry" in file.value ? readFlexFile(file, folder) : readFlowFile(file, source, folder);
}
