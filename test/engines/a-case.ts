import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Batch, FlowSource, LoadedFlow, Row } from "#emulators/azure-ml/engine/engine.ts";

/** One flow with what both engines are asked about it. */
export interface EngineCase {
  readonly name: string;
  readonly files?: Readonly<Record<string, string>>;
  /** Where the flow lies, if `files` does not say it; it is only read. */
  readonly folder?: string;
  /** `flow.dag.yaml` unless given. */
  readonly file?: string;
  readonly source?: Pick<FlowSource, "variant" | "connections" | "environmentVariables" | "init">;
  readonly batch?: Pick<Batch, "data"> & Partial<Pick<Batch, "run" | "inputsMapping">>;
  /** Asked of the served flow; from its inputs, made when they are known, where it has no list. */
  readonly requests?: readonly Row[] | ((inputs: LoadedFlow["inputs"]) => readonly Row[]);
}

/** `${path}`, as flows and mappings write a reference. */
export const ref = (path: string) => `\${${path}}`;

/** A tool file with this function. */
export const tool = (signature: string, body: string, before = "") =>
  `from promptflow.core import tool, log_metric\n${before}\n\n@tool\n${signature}:\n    ${body.split("\n").join("\n    ")}\n`;

/** A python node in one line of YAML. */
export const node = (name: string, inputs: string, more = "") =>
  `- {name: ${name}, type: python, source: {type: code, path: ${name}.py}, inputs: {${inputs}}${more}}`;

/** A folder with these files, until disposed. */
export async function written(files: NonNullable<EngineCase["files"]>) {
  const folder = await mkdtemp(join(tmpdir(), "flowgate-engines-"));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}
