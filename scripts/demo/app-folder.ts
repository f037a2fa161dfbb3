import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { zipSync } from "fflate";

/** Path in the folder, with forward slashes → content. */
export type Files = ReadonlyMap<string, Uint8Array>;

export function readFolder(folder: string): Files {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return new Map(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [relative(folder, path).replaceAll("\\", "/"), readFileSync(path)]),
  );
}

/** The files of `overlay` laid over those of `base`; its README stays behind. */
export function overlaid(base: Files, overlay: Files): Files {
  return new Map([...base, ...[...overlay].filter(([path]) => path !== "README.md")]);
}

export function zip(files: Files): Uint8Array<ArrayBuffer> {
  return new Uint8Array(zipSync(Object.fromEntries(files)));
}
