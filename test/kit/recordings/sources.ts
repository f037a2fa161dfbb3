import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** What the uploads of recorded sessions were made of, by path with forward slashes. */
export interface Sources {
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Path of a folder of this name that holds this file. */
  folderWith(name: string, file: string): string | undefined;
  /** Content of a file of this name, rather one that lies beside others of `near`. */
  fileNamed(name: string, near: readonly string[]): Uint8Array | undefined;
}

export function sourcesOf(files: ReadonlyMap<string, Uint8Array>): Sources {
  const paths = [...files.keys()];
  return {
    files,
    folderWith(name, file) {
      const found = paths.find((path) => `/${path}`.endsWith(`/${name}/${file}`));
      return found?.slice(0, -`/${file}`.length);
    },
    fileNamed(name, near) {
      const found = paths.filter((path) => path.split("/").at(-1) === name);
      const best = found.find((path) => near.some((folder) => path.startsWith(`${folder}/`)));
      return files.get(best ?? found[0] ?? "");
    },
  };
}

/** All files below the folders, each by its path below its own. */
export function readSources(roots: readonly string[]): Sources {
  const files = new Map<string, Uint8Array>();
  for (const root of roots) {
    const names = readdirSync(root, { recursive: true, encoding: "utf8" });
    for (const name of names.toSorted()) {
      const path = join(root, name);
      if (statSync(path).isFile()) files.set(name.replaceAll("\\", "/"), readFileSync(path));
    }
  }
  return sourcesOf(files);
}
