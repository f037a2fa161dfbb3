import type { BundleFiles } from "#domain/bundle/bundle.ts";
import { folderOf, isFolder } from "./app-path.ts";
import { nearest } from "./nearest.ts";

/** More letters than these in another name make it another file. */
const MAX_EDITS = 2;

/** What to say of a file that is not in the bundle; `from` is the folder of whoever names it. */
export function notInBundle(files: BundleFiles, path: string, from = ""): string {
  if (isFolder(files, path)) return "is a folder; name one file";
  return `is not in the bundle${meantPath([...files.keys()], path, from)}`;
}

/** `; did you mean …?`, where one of the paths is nearly this one. */
export function meantPath(paths: readonly string[], path: string, from = ""): string {
  const meant = similar(paths, path);
  if (meant === undefined) return "";
  const onlyCase = meant.toLowerCase() === path.toLowerCase();
  return `; did you mean ${relativePath(from, meant)}?${onlyCase ? " Case counts." : ""}`;
}

function similar(paths: readonly string[], path: string): string | undefined {
  const sameButCase = paths.find((known) => known.toLowerCase() === path.toLowerCase());
  if (sameButCase !== undefined) return sameButCase;
  const folder = folderOf(path);
  const beside = paths.filter((known) => folderOf(known) === folder);
  const near = nearest(nameOf(path), beside.map(nameOf), MAX_EDITS);
  if (near !== undefined) return beside.find((known) => nameOf(known) === near);
  const [elsewhere, ...others] = paths.filter((known) => nameOf(known) === nameOf(path));
  return others.length === 0 ? elsewhere : undefined;
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** As a file in the folder `from` would write it. */
function relativePath(from: string, path: string): string {
  const [here, there] = [from === "" ? [] : from.split("/"), path.split("/")];
  const apart = here.findIndex((part, index) => part !== there[index]);
  const common = apart === -1 ? here.length : apart;
  return [...here.slice(common).map(() => ".."), ...there.slice(common)].join("/") || ".";
}
