import type { FlowError } from "#emulators/azure-ml/engine/engine.ts";
import { type PythonCommand, pythonArguments } from "./check-python.ts";
import { flowError, resolveToolError } from "./errors.ts";
import type { FlowNode } from "./flow-node.ts";
import type { WorkerAnswer } from "./python-worker.ts";

type PythonError = NonNullable<WorkerAnswer["error"]>;

/** Whole-run failure: a tool file, or the entry of a flex flow, cannot be loaded. */
export function pythonLoadError(
  error: PythonError,
  nodes: readonly FlowNode[],
  python: PythonCommand,
): FlowError {
  const { code, file, line, module, type } = error;
  const isRaised = type !== undefined;
  const place = line === null ? file : `${file}:${line}`;
  const hint = module ? missingModule(String(module), python) : "";
  const message = isRaised
    ? `Failed to load python module '${place}': (${type}) ${error.message}${hint}`
    : String(error.message);
  const node = nodes.find(({ name }) => name === error.node);
  if (node?.type !== "entry") return resolveToolError(String(error.node), String(code), message);
  return flowError(String(code), `${message} The entry '${node.path}' is named at ${node.where}.`);
}

/** Whole-run failure: the class of a flex flow refuses its arguments, or raises. */
export function constructionError(name: string, { type, message, filename, lineno }: PythonError) {
  const place = filename ? ` (${filename}:${lineno})` : "";
  return flowError(
    "FlowEntryInitializationError",
    `Failed to initialize flow entry '${name}'${place}: (${type}) ${message}. Give its constructor what it needs under 'init' of the run, or as defaults.`,
  );
}

function missingModule(module: string, command: PythonCommand): string {
  const python = pythonArguments(command).join(" ");
  const [top = module] = module.split(".");
  if (top === "promptflow") {
    const name = module.startsWith("promptflow.tools") ? "promptflow-tools" : "promptflow";
    return `. The builtin engine's own stand-in for promptflow has no '${module}': run '${python} -m pip install ${name}' with the Python that Flowgate uses.`;
  }
  return `. The module '${top}' is missing: add its package to the flow's requirements.txt and run '${python} -m pip install' for it with the Python that Flowgate uses, or put ${top}.py into the flow folder.`;
}
