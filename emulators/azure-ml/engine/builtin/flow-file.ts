import type { FlowInput, FlowSource } from "#emulators/azure-ml/engine/engine.ts";
import { flowError } from "./errors.ts";
import { type FlowNode, readNode } from "./flow-node.ts";
import { INPUT_TYPES } from "./inputs.ts";
import type { MessageFormat } from "./picture-forms.ts";
import { pythonJson } from "./python-json.ts";
import { isDict, pythonStr } from "./python-values.ts";
import { type Assignment, parseAssignment } from "./references.ts";
import { selectVariants } from "./variants.ts";
import type { YamlFile } from "./yaml-file.ts";

export interface FlowOutput {
  readonly reference: Assignment;
  /** Hidden when the flow is served. */
  readonly evaluationOnly: boolean;
}

export interface FlowFile {
  readonly kind: "dag";
  readonly inputs: Readonly<Record<string, FlowInput>>;
  readonly outputs: Readonly<Record<string, FlowOutput>>;
  /** In file order; validated and sorted elsewhere. */
  readonly nodes: readonly FlowNode[];
  readonly environmentVariables: Readonly<Record<string, string>>;
  readonly messageFormat: MessageFormat;
}

/** Reads one DAG flow. Throws FlowError naming file, line and node. */
export function readFlowFile(file: YamlFile, source: FlowSource, folder: string): FlowFile {
  const nodes = selectVariants(file, source.variant).map(({ definition, where }) =>
    readNode(definition, where, folder),
  );
  return {
    kind: "dag",
    inputs: readInputs(file),
    outputs: readOutputs(file),
    nodes,
    environmentVariables: readEnvironment(file),
    messageFormat: readMessageFormat(file),
  };
}

/** The map under `key`; null or missing is empty. */
export function readMap(file: YamlFile, ...path: readonly string[]): Record<string, unknown> {
  let value: unknown = file.value;
  for (const key of path) value = isDict(value) ? value[key] : undefined;
  if (value === null || value === undefined) return {};
  if (isDict(value)) return value;
  throw flowError(
    "FlowDefinitionError",
    `'${path.join(".")}' at ${file.where(...path)} is not a map.`,
  );
}

function readInputs(file: YamlFile): Readonly<Record<string, FlowInput>> {
  const inputs: Record<string, FlowInput> = {};
  for (const name of Object.keys(readMap(file, "inputs"))) {
    const { type, default: given } = readMap(file, "inputs", name);
    if (typeof type !== "string" || !INPUT_TYPES.has(type)) {
      const where = file.where("inputs", name, "type");
      const known = [...INPUT_TYPES].join(", ");
      throw flowError(
        "FlowDefinitionError",
        `The type of input '${name}' at ${where} is ${type === undefined ? "missing" : `'${pythonStr(type)}'`}. It is one of ${known}.`,
      );
    }
    inputs[name] = given === undefined ? { type } : { type, default: given };
  }
  return inputs;
}

function readOutputs(file: YamlFile): Readonly<Record<string, FlowOutput>> {
  const outputs: Record<string, FlowOutput> = {};
  for (const name of Object.keys(readMap(file, "outputs"))) {
    const { reference, evaluation_only } = readMap(file, "outputs", name);
    if (reference === undefined || reference === null || reference === "") {
      throw flowError(
        "EmptyOutputReference",
        `The output '${name}' at ${file.where("outputs", name)} has no reference. Point it at a node or an input, e.g. \${node.output}.`,
      );
    }
    outputs[name] = {
      reference: parseAssignment(reference),
      evaluationOnly: evaluation_only === true,
    };
  }
  return outputs;
}

function readMessageFormat(file: YamlFile): MessageFormat {
  const format = isDict(file.value) ? (file.value.message_format ?? "basic") : "basic";
  if (format === "basic" || format === "openai-vision") return format;
  throw flowError(
    "InvalidMessageFormatType",
    `The message_format '${pythonStr(format)}' at ${file.where("message_format")} is not known. It is basic or openai-vision.`,
  );
}

export function readEnvironment(file: YamlFile): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(readMap(file, "environment_variables")).map(([name, value]) => [
      name,
      typeof value === "object" && value !== null ? pythonJson(value) : pythonStr(value),
    ]),
  );
}
