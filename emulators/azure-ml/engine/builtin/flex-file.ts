import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { FlowInput } from "#emulators/azure-ml/engine/engine.ts";
import { flowError } from "./errors.ts";
import { readEnvironment, readMap } from "./flow-file.ts";
import { isDict, pythonStr } from "./python-values.ts";
import type { YamlFile } from "./yaml-file.ts";

type Values = Readonly<Record<string, unknown>>;

/** A flow that is code: `flow.flex.yaml` names a function or a class. */
export interface FlexFile {
  readonly kind: "flex";
  /** `module.sub:name`. */
  readonly entry: string;
  /** `flow.flex.yaml:1`. */
  readonly where: string;
  /** What the file says; the code may know more of them. */
  readonly inputs: Readonly<Record<string, FlowInput>>;
  readonly init: Readonly<Record<string, FlowInput>>;
  /** Stand in for inputs and constructor arguments that nobody gave. */
  readonly sample: { readonly inputs: Values; readonly init: Values };
  readonly environmentVariables: Readonly<Record<string, string>>;
}

const ENTRY = /^\w+(\.\w+)*:\w+$/;

/** Rejects with FlowError naming file and line. */
export async function readFlexFile(file: YamlFile, folder: string): Promise<FlexFile> {
  const { entry } = file.value as Values;
  const where = file.where("entry");
  if (typeof entry !== "string" || !ENTRY.test(entry)) {
    throw flowError(
      "InvalidFlexFlowEntry",
      `The entry '${pythonStr(entry)}' at ${where} is not of the form 'module:function' or 'module:Class'. Correct it.`,
    );
  }
  const sample = await readValues((file.value as Values).sample, folder, file.where("sample"));
  return {
    kind: "flex",
    entry,
    where,
    inputs: readSignature(file, "inputs"),
    init: readSignature(file, "init"),
    sample: {
      inputs: await readValues(sample.inputs, folder, file.where("sample", "inputs")),
      init: await readValues(sample.init, folder, file.where("sample", "init")),
    },
    environmentVariables: readEnvironment(file),
  };
}

/** An empty text as default means that the code has one. */
function readSignature(file: YamlFile, section: string): Readonly<Record<string, FlowInput>> {
  const signature: Record<string, FlowInput> = {};
  for (const name of Object.keys(readMap(file, section))) {
    const { type, default: given } = readMap(file, section, name);
    const typed = { type: typeof type === "string" ? type : "object" };
    signature[name] = given === undefined || given === "" ? typed : { ...typed, default: given };
  }
  return signature;
}

/** A map, or `${file:x.json}` in its place; nothing is an empty one. */
async function readValues(value: unknown, folder: string, where: string): Promise<Values> {
  const [, path] = typeof value === "string" ? (/^\$\{file:(.+)\}$/.exec(value) ?? []) : [];
  const found =
    path === undefined ? (value ?? {}) : await readJson(join(folder, path), path, where);
  if (isDict(found)) return found;
  throw flowError(
    "InvalidSample",
    `The sample at ${where} is neither a map nor \${file:name.json} of one. Correct it.`,
  );
}

async function readJson(path: string, name: string, where: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw flowError(
      "InvalidSample",
      `Cannot read ${name}, which ${where} names: ${reason}. Correct the file or the reference.`,
    );
  }
}
