import { readFile } from "node:fs/promises";
import {
  CORE_SCHEMA,
  EVENT_ID,
  type Event,
  FAILSAFE_SCHEMA,
  getScalarValue,
  intCoreTag,
  load,
  mergeTag,
  nullCoreTag,
  parseEvents,
  type Schema,
  YAMLException,
} from "js-yaml";
import { flowError } from "./errors.ts";

export interface YamlFile {
  readonly value: unknown;
  /** `flow.dag.yaml:12` for the value at this path, or for its nearest parent. */
  where(...path: readonly (string | number)[]): string;
}

/** YAML 1.2 as prompt flow reads it: 1_000 is a number. */
const SCHEMA = CORE_SCHEMA.withTags(mergeTag, {
  ...intCoreTag,
  resolve: (source, isExplicit, tag) =>
    intCoreTag.resolve(
      /^[-+]?\d[\d_]*$/.test(source) ? source.replaceAll("_", "") : source,
      isExplicit,
      tag,
    ),
});

/** Where every value is text, as it is written, unless there is none. */
export const TEXTS = FAILSAFE_SCHEMA.withTags(nullCoreTag);

interface YamlOptions {
  /** Where the text begins in its file. */
  readonly firstLine?: number;
  readonly schema?: Schema;
}

/** Rejects with FlowError naming file and line; an empty file is an empty map. */
export async function readYamlFile(path: string, name: string): Promise<YamlFile> {
  const source = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw flowError("FlowFileNotFound", `Cannot read ${name}: ${error.message}.`);
  });
  return parseYaml(source, name);
}

/** Throws FlowError naming file and line. */
export function parseYaml(
  source: string,
  name: string,
  { firstLine = 1, schema = SCHEMA }: YamlOptions = {},
): YamlFile {
  if (!/^\s*[^\s#]/m.test(source)) return { value: {}, where: () => name };
  try {
    const indented = indentBrackets(source);
    const value = load(indented, { schema, filename: name });
    const lines = lineNumbers(indented);
    return { value, where: (...at) => `${name}:${nearestLine(lines, at) + firstLine - 1}` };
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const line = (error.mark?.line ?? 0) + firstLine;
    throw flowError(
      "FlowDefinitionError",
      `${name}:${line} is not valid YAML: ${error.reason}. Correct the file.`,
    );
  }
}

/** Brackets and quotes may go on at any indentation for prompt flow's parser; this one wants more. */
function indentBrackets(source: string): string {
  const lines = source.split("\n");
  for (const _line of lines) {
    const at = deficientLine(lines.join("\n"));
    if (at === undefined || lines[at]?.startsWith(DEEP)) break;
    lines[at] = `${DEEP}${lines[at]?.trimStart()}`;
  }
  return lines.join("\n");
}

/** Spaces do not count inside brackets, so that a line may have any number of them. */
const DEEP = " ".repeat(100);

function deficientLine(source: string): number | undefined {
  try {
    load(source, { schema: SCHEMA });
    return undefined;
  } catch (error) {
    const isDeficient =
      error instanceof YAMLException && error.reason.startsWith("deficient indentation");
    return isDeficient ? error.mark?.line : undefined;
  }
}

function nearestLine(
  lines: ReadonlyMap<string, number>,
  path: readonly (string | number)[],
): number {
  for (let length = path.length; length >= 0; length -= 1) {
    const line = lines.get(keyOf(path.slice(0, length)));
    if (line !== undefined) return line;
  }
  return 1;
}

const keyOf = (path: readonly (string | number)[]) => JSON.stringify(path.map(String));

/** Line (from 1) of every value by its path; of a map's entry, the line of its key. */
function lineNumbers(source: string): ReadonlyMap<string, number> {
  const lines = new Map<string, number>();
  const events = parseEvents(source, {}).values();
  const lineAt = (offset: number) => source.slice(0, Math.max(offset, 0)).split("\n").length;

  const readNode = (event: Event, path: readonly string[], line: number) => {
    lines.set(JSON.stringify(path), line);
    if (event.type === EVENT_ID.MAPPING) readMap(path);
    else if (event.type === EVENT_ID.SEQUENCE) readList(path);
  };
  const readMap = (path: readonly string[]) => {
    for (
      let key = events.next();
      !key.done && key.value.type !== EVENT_ID.POP;
      key = events.next()
    ) {
      const name = key.value.type === EVENT_ID.SCALAR ? getScalarValue(source, key.value) : "";
      const line = key.value.type === EVENT_ID.SCALAR ? lineAt(key.value.valueStart) : 1;
      const value = events.next();
      if (!value.done) readNode(value.value, [...path, name], line);
    }
  };
  const readList = (path: readonly string[]) => {
    let index = 0;
    for (
      let item = events.next();
      !item.done && item.value.type !== EVENT_ID.POP;
      item = events.next()
    ) {
      readNode(item.value, [...path, String(index)], lineAt(startOf(item.value)));
      index += 1;
    }
  };

  events.next();
  const root = events.next();
  if (!root.done) readNode(root.value, [], 1);
  return lines;
}

function startOf(event: Event): number {
  if (event.type === EVENT_ID.SCALAR) return event.valueStart;
  return "start" in event ? event.start : 0;
}
