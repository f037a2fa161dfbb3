import { createHash } from "node:crypto";
import type { BundleFiles } from "./bundle.ts";

/**
 * `sha256:…` over a line `{path} NUL {SHA-256 of content, hex} LF` per file, sorted by path: the order
 * in the zip, times and compression do not count.
 */
export function bundleDigest(files: BundleFiles): string {
  const hashes = [...files].map(([path, content]) => {
    const inner = createHash("sha256").update(content).digest("hex");
    return [path, inner] as const;
  });
  return digestOfHashes(hashes);
}

/** The same for files that are not in memory: `hashes` has the SHA-256 of each, in hex. */
export function digestOfHashes(hashes: readonly (readonly [path: string, hex: string])[]): string {
  const digest = createHash("sha256");
  for (const [path, hex] of hashes.toSorted(([one], [other]) => (one < other ? -1 : 1))) {
    digest.update(`${path}\0${hex}\n`);
  }
  return `sha256:${digest.digest("hex")}`;
}
