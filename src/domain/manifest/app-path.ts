import type { BundleFiles } from "#domain/bundle/bundle.ts";

/** `relative`, as written in a file of `folder`, inside the app folder; undefined if it leads out. */
export function resolvePath(folder: string, relative: string): string | undefined {
  const parts = folder === "" ? [] : folder.split("/");
  for (const part of relative.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.join("/");
}

/** Folder of a file, "" for the app folder itself. */
export function folderOf(file: string): string {
  return file.slice(0, Math.max(file.lastIndexOf("/"), 0));
}

export function join(folder: string, name: string): string {
  return folder === "" ? name : `${folder}/${name}`;
}

export function isFolder(files: BundleFiles, path: string): boolean {
  return path === "" || [...files.keys()].some((file) => file.startsWith(`${path}/`));
}
