import { existsSync } from "node:fs";
import { join } from "node:path";
import { flowError, resolveToolError } from "./errors.ts";
import { isDict, pythonStr } from "./python-values.ts";
import { type Assignment, parseAssignment } from "./references.ts";

export interface FlowNode {
  readonly name: string;
  /** `entry` is the code of a flex flow, `prompty` the whole of a prompty: the only node of their flow. */
  readonly type: "python" | "llm" | "prompt" | "entry" | "prompty";
  /** Id of a tool that an installed package brings. */
  readonly tool?: string | undefined;
  /** Tool or template file, relative to the flow folder; `module:name` of an entry. */
  readonly path: string;
  readonly inputs: Readonly<Record<string, Assignment>>;
  readonly connection: string | undefined;
  readonly api: string | undefined;
  readonly aggregation: boolean;
  readonly activate: { readonly when: Assignment; readonly is: unknown } | undefined;
  /** `flow.dag.yaml:12`. */
  readonly where: string;
}

const VISION = /^promptflow\.tools\.(aoai_gpt4v\.AzureOpenAI|openai_gpt4v\.OpenAI)\.chat$/;

/** prompt flow's own vision tools are chat with pictures, which this engine asks for itself. */
function asVision(definition: Record<string, unknown>): Record<string, unknown> {
  const { type, source } = definition;
  const tool = isDict(source) ? source.tool : undefined;
  if (type !== "custom_llm" || !isDict(source) || !VISION.test(String(tool))) return definition;
  return { ...definition, type: "llm", api: "vision", source: { ...source, type: "code" } };
}

/** Reads one node; `where` is its place in the file. Throws FlowError. */
export function readNode(given: Record<string, unknown>, where: string, folder: string): FlowNode {
  const definition = asVision(given);
  const name = requireName(definition, where);
  // As in prompt flow, what the file says is read before anything that it names is looked for.
  const activate = readActivate(definition, name, where);
  const type = requireType(definition, name);
  if (type === "llm") checkModule(definition, name, where);
  return {
    name,
    type,
    path: requireSource(definition, name, type, folder),
    tool: packageTool(definition),
    inputs: readNodeInputs(definition, where),
    connection: optionalText(definition.connection),
    api: optionalText(definition.api),
    aggregation: definition.aggregation === true || definition.reduce === true,
    activate,
    where,
  };
}

function requireName({ name }: Record<string, unknown>, where: string): string {
  if (typeof name === "string" && name !== "") return name;
  throw flowError("FlowDefinitionError", `The node at ${where} has no name.`);
}

function requireType({ type }: Record<string, unknown>, name: string): FlowNode["type"] {
  switch (type) {
    case "python":
    case "llm":
    case "prompt":
      return type;
    case "custom_llm":
      return "python";
    case "csharp":
      throw resolveToolError(
        name,
        "NotImplementedError",
        "Node type csharp is not supported by the builtin engine yet. Use python, llm or prompt.",
      );
    default:
      throw resolveToolError(
        name,
        "NotImplementedError",
        `Tool type ${type === undefined ? "None" : pythonStr(type)} is not supported. Use python, llm or prompt.`,
      );
  }
}

const LLM_MODULES = [
  "aoai",
  "openai",
  "aoai_gpt4v",
  "openai_gpt4v",
  "llm",
  "llm_vision",
  "open_model_llm",
];

/** prompt flow imports an llm node's `module`, though the connection alone decides who answers. */
function checkModule({ module }: Record<string, unknown>, name: string, where: string): void {
  const [, known] = /^promptflow\.tools\.(.*)$/.exec(pythonStr(module ?? "")) ?? [];
  if (known === undefined || LLM_MODULES.includes(known)) return;
  throw flowError(
    "FailedToImportModule",
    `The module '${module}' of the llm node '${name}' at ${where} does not exist. Write promptflow.tools.aoai or promptflow.tools.openai, or leave it out.`,
  );
}

function requireSource(
  definition: Record<string, unknown>,
  name: string,
  type: string,
  folder: string,
): string {
  const source = isDict(definition.source) ? definition.source : {};
  const kind = source.type ?? "code";
  // A package's tool has no file here; one with a prompt has its template.
  if (kind === "package") return "";
  const { path } = source;
  if (typeof path !== "string" || path === "") {
    throw resolveToolError(
      name,
      "InvalidSource",
      `Node source path is missing. A ${type} node names its file in source.path.`,
    );
  }
  if (!existsSync(join(folder, path))) {
    throw resolveToolError(
      name,
      "InvalidSource",
      `Node source path '${path}' does not exist in the flow folder.`,
    );
  }
  return path;
}

function packageTool({ source }: Record<string, unknown>): string | undefined {
  const isPackage = isDict(source) && String(source.type).startsWith("package");
  return isPackage ? pythonStr(source.tool ?? "") : undefined;
}

function readNodeInputs(
  definition: Record<string, unknown>,
  where: string,
): Readonly<Record<string, Assignment>> {
  const { inputs } = definition;
  if (inputs === null || inputs === undefined) return {};
  if (!isDict(inputs)) {
    throw flowError("FlowDefinitionError", `The inputs of the node at ${where} are not a map.`);
  }
  return Object.fromEntries(
    Object.entries(inputs).map(([input, value]) => [input, parseAssignment(value)]),
  );
}

function readActivate(
  definition: Record<string, unknown>,
  name: string,
  where: string,
): FlowNode["activate"] {
  const { activate } = definition;
  if (activate === null || activate === undefined) return undefined;
  if (!isDict(activate) || !("when" in activate) || !("is" in activate)) {
    throw flowError(
      "FlowDefinitionError",
      `The activate of node '${name}' at ${where} needs both 'when' and 'is'.`,
    );
  }
  return { when: parseAssignment(activate.when), is: activate.is };
}

function optionalText(value: unknown): string | undefined {
  return value === null || value === undefined || value === "" ? undefined : pythonStr(value);
}
