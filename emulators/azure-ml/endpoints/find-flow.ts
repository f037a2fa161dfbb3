import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { FlowError } from "#emulators/azure-ml/engine/engine.ts";

const FLOW_FILES = ["flow.dag.yaml", "flow.flex.yaml"];

/** The flow in a model's folder: at its root, or in its only sub-folder. Rejects with FlowError when there is none. */
export async function findFlow(folder: string): Promise<{ folder: string; file: string }> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const [only, ...others] = folders;
  const candidates = only && others.length === 0 ? [folder, join(folder, only)] : [folder];
  for (const candidate of candidates) {
    const file = FLOW_FILES.find((name) => existsSync(join(candidate, name)));
    if (file) return { folder: candidate, file };
  }
  const message = "The model has no flow.dag.yaml at its root.";
  const innerCodes = ["FlowDefinitionNotFound"];
  throw new FlowError({ message, messageFormat: message, code: "UserError", innerCodes });
}
