import type { BundleFiles } from "#domain/bundle/bundle.ts";
import type { Problem } from "#domain/errors.ts";
import { jsonObject } from "#domain/json-mistake.ts";
import { utf8Text } from "#domain/utf8-text.ts";
import { resolvePath } from "./app-path.ts";
import { notInBundle } from "./not-there.ts";

interface Place {
  readonly files: BundleFiles;
  /** Folder of the run YAML. */
  readonly folder: string;
}

/** A problem of the key in the run YAML, or one elsewhere: in the file that it names. */
export type Read<Value> =
  | { readonly value: Value }
  | { readonly problem: string }
  | { readonly elsewhere: Problem };

/** `environment_variables` of a run YAML: a map, or the path of a file with `KEY=value` lines. */
export function readVariables(
  place: Place,
  written: string | Readonly<Record<string, string>>,
): Read<Readonly<Record<string, string>>> {
  if (typeof written !== "string") return { value: written };
  const read = textAt(place, written);
  if ("problem" in read || "elsewhere" in read) return read;
  const pairs: [string, string][] = [];
  for (const [index, line] of read.value.split(/\r?\n/).entries()) {
    if (!/^\s*[^#\s]/.test(line)) continue;
    const [, key, value] = /^\s*(?:export\s+)?([^=\s]+)\s*=(.*)$/.exec(line) ?? [];
    if (key === undefined || value === undefined) {
      const message = "is not KEY=value; a comment begins with #";
      return { elsewhere: { file: read.path, line: index + 1, message } };
    }
    pairs.push([key, unquoted(value)]);
  }
  return { value: Object.fromEntries(pairs) };
}

/** `init` of a run YAML: a map, or the path of a JSON file. */
export function readInit(
  place: Place,
  written: string | Readonly<Record<string, unknown>> | null,
): Read<Readonly<Record<string, unknown>> | null> {
  if (typeof written !== "string") return { value: written };
  const read = textAt(place, written);
  if ("problem" in read || "elsewhere" in read) return read;
  const value = jsonObject(read.value);
  return "value" in value ? value : { elsewhere: { file: read.path, ...value } };
}

function textAt({ files, folder }: Place, written: string): Read<string> & { path: string } {
  const path = resolvePath(folder, written);
  if (path === undefined) return { path: "", problem: `${written} leads out of the app folder` };
  const content = files.get(path);
  if (content === undefined) {
    return { path, problem: `${written} ${notInBundle(files, path, folder)}` };
  }
  const text = utf8Text(content);
  return typeof text === "string"
    ? { path, value: text }
    : { path, elsewhere: { file: path, ...text } };
}

function unquoted(text: string): string {
  const value = text.trim();
  return /^(["']).*\1$/.test(value) ? value.slice(1, -1) : value;
}
