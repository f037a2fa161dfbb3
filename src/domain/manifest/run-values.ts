import type { BundleFiles } from "#domain/bundle/bundle.ts";
import { isJsonObject } from "#domain/json-object.ts";
import { resolvePath } from "./app-path.ts";

interface Place {
  readonly files: BundleFiles;
  /** Folder of the run YAML. */
  readonly folder: string;
}

type Read<Value> = { readonly value: Value } | { readonly problem: string };

/** `environment_variables` of a run YAML: a map, or the path of a file with `KEY=value` lines. */
export function readVariables(
  place: Place,
  written: string | Readonly<Record<string, string>>,
): Read<Readonly<Record<string, string>>> {
  if (typeof written !== "string") return { value: written };
  const text = textAt(place, written);
  if (text === undefined) return { problem: `${written} is not in the bundle` };
  const lines = text.split(/\r?\n/).filter((line) => /^\s*[^#\s]/.test(line));
  const pairs = lines.map((line) => /^\s*(?:export\s+)?([^=\s]+)\s*=(.*)$/.exec(line));
  if (pairs.includes(null)) return { problem: `${written} has a line that is not KEY=value` };
  return { value: Object.fromEntries(pairs.map((pair) => [pair?.[1], unquoted(pair?.[2] ?? "")])) };
}

/** `init` of a run YAML: a map, or the path of a JSON file. */
export function readInit(
  place: Place,
  written: string | Readonly<Record<string, unknown>> | null,
): Read<Readonly<Record<string, unknown>> | null> {
  if (typeof written !== "string") return { value: written };
  const text = textAt(place, written);
  if (text === undefined) return { problem: `${written} is not in the bundle` };
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value)) return { value };
  } catch {
    // Told below, with what is expected.
  }
  return { problem: `${written} is not a JSON object` };
}

function textAt({ files, folder }: Place, written: string): string | undefined {
  const path = resolvePath(folder, written);
  const content = path === undefined ? undefined : files.get(path);
  return content === undefined ? undefined : new TextDecoder().decode(content);
}

function unquoted(text: string): string {
  const value = text.trim();
  return /^(["']).*\1$/.test(value) ? value.slice(1, -1) : value;
}
