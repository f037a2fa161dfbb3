import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { FlowError } from "#emulators/azure-ml/engine/engine.ts";

const FLOW_FILES = ["flow.dag.yaml", "flow.dag.yml", "flow.flex.yaml", "flow.flex.yml"];

/** The flow in a model's folder: at its root, or in its only sub-folder. Rejects with FlowError when there is none, or several. */
export async function findFlow(folder: string): Promise<{ folder: string; file: string }> {
  const { files, folders } = await list(folder);
  const file = flowOf(files);
  if (file !== undefined) return { folder, file };
  const [only, ...others] = folders;
  const inner = only && others.length === 0 ? join(folder, only) : undefined;
  const innerFile = inner && flowOf((await list(inner)).files);
  if (inner && innerFile) return { folder: inner, file: innerFile };
  throw notFound(
    "The model has neither flow.dag.yaml nor flow.flex.yaml at its root, nor a single .prompty file.",
  );
}

async function list(folder: string) {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const namesOf = (isFolder: boolean) =>
    entries.filter((entry) => entry.isDirectory() === isFolder).map(({ name }) => name);
  return { files: namesOf(false), folders: namesOf(true) };
}

/** A prompty is the flow where there is no other, and only one of it. */
function flowOf(files: readonly string[]): string | undefined {
  const flows = FLOW_FILES.filter((name) => files.includes(name));
  if (flows.length > 1) {
    throw notFound(
      `The model has several flows in one folder, ${flows.join(", ")}. Leave one of them there.`,
    );
  }
  const [prompty, ...others] = files.filter((name) => name.endsWith(".prompty"));
  return flows[0] ?? (others.length === 0 ? prompty : undefined);
}

function notFound(message: string): FlowError {
  const innerCodes = ["FlowDefinitionNotFound"];
  return new FlowError({ message, messageFormat: message, code: "UserError", innerCodes });
}
