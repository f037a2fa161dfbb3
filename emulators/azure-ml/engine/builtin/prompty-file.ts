import { readFile } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import type { FlowInput, Row } from "#emulators/azure-ml/engine/engine.ts";
import { flowError } from "./errors.ts";
import { isDict, pythonStr } from "./python-values.ts";
import { parseYaml } from "./yaml-file.ts";

type Values = Readonly<Record<string, unknown>>;
export type Environment = Readonly<Record<string, string | undefined>>;

/** One prompt with its model: YAML between two lines of dashes, then a jinja2 template. */
export interface PromptyFile {
  readonly kind: "prompty";
  readonly name: string;
  /** File name, for messages. */
  readonly file: string;
  readonly folder: string;
  readonly api: "chat" | "completion";
  readonly configuration: Values;
  readonly parameters: Values;
  /** `all` returns the model's whole answer. */
  readonly response: "first" | "all";
  readonly inputs: Readonly<Record<string, FlowInput>>;
  /** Keys that a JSON answer is cut down to; none keeps it whole. */
  readonly outputs: readonly string[];
  readonly sample: Row;
  readonly template: string;
  readonly environmentVariables: Readonly<Record<string, string>>;
}

const PARTS = /-{3,}\r?\n([\s\S]*)-{3,}\r?\n([\s\S]*)/;

/** `overrides` are merged into the front matter. Rejects with FlowError naming the file. */
export async function readPromptyFile(
  path: string,
  file: string,
  environment: Environment,
  overrides: Values = {},
): Promise<PromptyFile> {
  const source = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw flowError("FlowFileNotFound", `Cannot read ${file}: ${error.message}.`);
  });
  const [, front, template] = PARTS.exec(source) ?? [];
  if (front === undefined || template === undefined) {
    throw flowError(
      "PromptyFormatError",
      `Illegal formatting of prompty: ${file} has no YAML between two lines of '---'. Begin it with '---', the model and the inputs, '---', and then the prompt.`,
    );
  }
  const firstLine = source.slice(0, source.indexOf(front)).split("\n").length;
  const { value, where } = parseYaml(front, file, { firstLine });
  if (!isDict(value)) throw malformed(file, "The front matter is not a map.");
  const folder = dirname(path);
  const place = { folder, file, environment };
  const resolve = (part: unknown) => resolveReferences(part, place);
  const whole = merge(asDict(await resolve(value)), asDict(await resolve(overrides)));
  const sample = await readSample(whole, place, where("sample"));
  return describe({ ...whole, sample }, { file, folder, template });
}

/** A map, or the name of a JSON file with one. It has to be right where it alone says what the inputs are. */
async function readSample(front: Values, place: Place, where: string): Promise<Values> {
  const { sample } = front;
  const isNeeded = Object.keys(asDict(front.inputs)).length === 0;
  const [, name] = typeof sample === "string" ? (/^(?:file:)?(.+\.json)$/.exec(sample) ?? []) : [];
  let found = sample;
  try {
    if (name !== undefined) found = await resolveReference(`\${file:${name}}`, place);
  } catch (error) {
    if (isNeeded) throw error;
  }
  if (isDict(found)) return found;
  if (!isNeeded || found === undefined || found === null) return {};
  throw flowError(
    "InvalidSampleError",
    `The sample at ${where} is neither a map nor the name of a .json file with one, and ${place.file} declares no inputs. Write the name and a value of each input below it.`,
  );
}

async function describe(
  front: Values,
  { file, folder, template }: Pick<PromptyFile, "file" | "folder" | "template">,
): Promise<PromptyFile> {
  const model = asDict(front.model);
  const { api = "chat", configuration, parameters } = model;
  if (api !== "chat" && api !== "completion") {
    throw malformed(file, `model.api is '${pythonStr(api)}'. It is chat or completion.`);
  }
  if (!isDict(configuration)) {
    throw malformed(file, "model.configuration is missing. Name a type and a deployment or model.");
  }
  if (!isDict(parameters)) {
    throw malformed(
      file,
      "model.parameters is missing. Add it, e.g. 'parameters: {max_tokens: 128}'.",
    );
  }
  const sample = asDict(front.sample);
  const inputs = isDict(front.inputs) ? front.inputs : {};
  return {
    kind: "prompty",
    name: pythonStr(front.name ?? file.replace(/\.prompty$/, "")),
    file,
    folder,
    template,
    api,
    configuration,
    parameters,
    response: model.response === "all" ? "all" : "first",
    inputs: Object.keys(inputs).length > 0 ? declared(inputs) : fromSample(sample),
    outputs: Object.keys(asDict(front.outputs)),
    sample,
    environmentVariables: {},
  };
}

function declared(inputs: Values): Readonly<Record<string, FlowInput>> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, given]) => {
      const { type, default: value } = asDict(given);
      const typed = { type: typeof type === "string" ? type : "object" };
      return [name, value === undefined ? typed : { ...typed, default: value }];
    }),
  );
}

/** What the sample has is known, but not asked for: a request without it gets the sample. */
function fromSample(sample: Values): Readonly<Record<string, FlowInput>> {
  const typeOf = (value: unknown) =>
    typeof value === "string" ? "string" : Array.isArray(value) ? "list" : "object";
  return Object.fromEntries(
    Object.entries(sample).map(([name, value]) => [name, { type: typeOf(value), optional: true }]),
  );
}

/** Maps are merged, everything else is replaced. */
function merge(origin: Values, over: Values): Values {
  const merged: Record<string, unknown> = { ...origin };
  for (const [key, value] of Object.entries(over)) {
    merged[key] = isDict(value) ? merge(asDict(origin[key]), value) : value;
  }
  return merged;
}

interface Place {
  readonly folder: string;
  readonly file: string;
  readonly environment: Environment;
}

/** `${env:NAME}` and `${file:path}` at any depth; an unset variable stays as it is written. */
async function resolveReferences(value: unknown, place: Place): Promise<unknown> {
  if (typeof value === "string") return resolveReference(value, place);
  if (Array.isArray(value)) return Promise.all(value.map((item) => resolveReferences(item, place)));
  if (!isDict(value)) return value;
  const entries = Object.entries(value).map(
    async ([key, item]) => [key, await resolveReferences(item, place)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

async function resolveReference(
  text: string,
  { folder, file, environment }: Place,
): Promise<unknown> {
  const [, kind, name = ""] = /^\$\{(\w+):(.*)\}/.exec(text) ?? [];
  if (kind === "env") return environment[name] ?? text;
  if (kind !== "file") return text;
  const path = join(folder, name);
  const content = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw malformed(file, `Cannot find the reference file ${name}: ${error.message}.`);
  });
  switch (extname(name).toLowerCase()) {
    case ".json":
      try {
        return JSON.parse(content);
      } catch (error) {
        throw malformed(
          file,
          `The reference file ${name} is not JSON: ${(error as Error).message}.`,
        );
      }
    case ".yml":
    case ".yaml":
      return parseYaml(content, name).value;
    default:
      return content;
  }
}

function asDict(value: unknown): Values {
  return isDict(value) ? value : {};
}

function malformed(file: string, reason: string) {
  return flowError("PromptyFormatError", `${file}: ${reason}`);
}
