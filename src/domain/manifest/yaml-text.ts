import {
  CORE_SCHEMA,
  EVENT_ID,
  type Event,
  getScalarValue,
  load,
  mergeTag,
  parseEvents,
  YAMLException,
} from "js-yaml";
import type { Problem } from "#domain/errors.ts";
import { utf8Text } from "#domain/utf8-text.ts";

export type Path = readonly PropertyKey[];

export interface YamlText {
  readonly file: string;
  /** An empty text is an empty map. */
  readonly value: unknown;
  /** Line, from 1, of the value at this path or of its nearest parent. */
  lineOf(path: Path): number;
}

/** Aliases of aliases grow without bounds; nobody needs this many by hand. */
const MAX_ALIASES = 50;
const SCHEMA = CORE_SCHEMA.withTags(mergeTag);

/** YAML 1.2 with lines; a text that is none is a problem. */
export function parseYaml(file: string, content: Uint8Array): YamlText | Problem {
  const source = utf8Text(content);
  if (typeof source !== "string") return { file, ...source };
  if (!/^\s*[^\s#]/m.test(source)) return { file, value: {}, lineOf: () => 1 };
  try {
    const value = load(source, { schema: SCHEMA, maxAliases: MAX_ALIASES });
    const lines = linesByPath(source);
    return { file, value, lineOf: (path) => nearestLine(lines, path) };
  } catch (error) {
    if (!(error instanceof YAMLException)) return { file, message: `is not YAML: ${error}` };
    const line = error.mark === undefined ? secondDocument(source) : error.mark.line + 1;
    const known = HINTS.find(([reason]) => reason.test(error.reason));
    const message = `is not valid YAML: ${error.reason}${known === undefined ? "" : `; ${known[1]}`}`;
    return line === undefined ? { file, message } : { file, line, message };
  }
}

/** What to do about the mistakes that people make, by the parser's own words for them. */
const HINTS: readonly (readonly [RegExp, string])[] = [
  [/tab characters/, "indent with spaces"],
  [/duplicated mapping key/, "keep one of the two"],
  [/unidentified alias/, "a text that begins with * has to stand in quotes"],
  [/single document/, "keep one, without a line ---"],
  [
    /bad indentation/,
    "keys of one map begin in the same column, and a text with a colon in it stands in quotes",
  ],
  [/expected ':'|implicit key/, "a key has a colon and a space after it"],
  [/flow collection/, "something in brackets is not closed, or lacks a comma"],
  [/quoted scalar/, "a quote is not closed"],
];

/** The parser does not say where it begins. */
function secondDocument(source: string): number | undefined {
  const marks = source
    .split("\n")
    .flatMap((text, index) => (/^---(\s|$)/.test(text) ? [index + 1] : []));
  const written = source.split("\n").findIndex((text) => /^[^\s#%-]/.test(text)) + 1;
  return marks.find((line) => line > written);
}

function nearestLine(lines: ReadonlyMap<string, number>, path: Path): number {
  for (let length = path.length; length > 0; length -= 1) {
    const line = lines.get(keyOf(path.slice(0, length)));
    if (line !== undefined) return line;
  }
  return 1;
}

function keyOf(path: Path): string {
  return JSON.stringify(path.map(String));
}

/** For an entry of a map, the line of its key. */
function linesByPath(source: string): ReadonlyMap<string, number> {
  const lines = new Map<string, number>();
  const lineAt = lineCounter(source);
  const events = parseEvents(source, {}).values();
  const next = (): Event | undefined => {
    const { done, value } = events.next();
    return done || value.type === EVENT_ID.POP ? undefined : value;
  };
  const visit = (event: Event, path: Path, line: number) => {
    lines.set(keyOf(path), line);
    if (event.type === EVENT_ID.MAPPING) visitMap(path, line);
    if (event.type === EVENT_ID.SEQUENCE) visitList(path, line);
  };
  const visitMap = (path: Path, outer: number) => {
    for (let key = next(); key !== undefined; key = next()) {
      const name = key.type === EVENT_ID.SCALAR ? getScalarValue(source, key) : "";
      const line = key.type === EVENT_ID.SCALAR ? lineAt(key.valueStart) : outer;
      const value = next();
      if (value !== undefined) visit(value, [...path, name], line);
    }
  };
  const visitList = (path: Path, outer: number) => {
    let index = 0;
    for (let item = next(); item !== undefined; item = next()) {
      const start = startOf(item);
      visit(item, [...path, index], start === undefined ? outer : lineAt(start));
      index += 1;
    }
  };
  next();
  const root = next();
  if (root !== undefined) visit(root, [], 1);
  return lines;
}

function startOf(event: Event): number | undefined {
  if (event.type === EVENT_ID.SCALAR) return event.valueStart;
  return "start" in event ? event.start : undefined;
}

function lineCounter(source: string): (offset: number) => number {
  const breaks = [...source.matchAll(/\n/g)].map(({ index }) => index);
  return (offset) => {
    let low = 0;
    let high = breaks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((breaks[middle] ?? 0) < offset) low = middle + 1;
      else high = middle;
    }
    return low + 1;
  };
}
