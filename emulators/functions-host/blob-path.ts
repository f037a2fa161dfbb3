import type { TypedData } from "./typed-data.ts";

export interface BlobPath {
  readonly container: string;
  /** Values of the `{…}`, or undefined when the blob is not one of the pattern's. */
  match(container: string, blob: string): Readonly<Record<string, TypedData>> | undefined;
}

/** Reads a blob trigger's path: a container, and a pattern in which every `{x}` takes as much as it can. */
export function parseBlobPath(path: string): BlobPath {
  const [named = "", ...rest] = path.split("/");
  // Storage knows only lower case.
  const container = named.toLowerCase();
  if (container === "") throw new Error(`the path "${path}" names no container`);
  const pattern = rest
    .join("/")
    .split(/(\{[^}]+\})/)
    .map((part) => {
      const name = /^\{(\w+)\}$/.exec(part)?.[1];
      return name ? `(?<${name}>.*)` : part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    })
    .join("");
  const expression = new RegExp(pattern === "" ? "" : `^${pattern}$`, "s");
  return {
    container,
    match(actual, blob) {
      if (actual.toLowerCase() !== container) return undefined;
      const found = expression.exec(blob);
      if (!found) return undefined;
      const values = Object.entries(found.groups ?? {});
      return Object.fromEntries(values.map(([name, value]) => [name, { string: value }]));
    },
  };
}
