import { createHash } from "node:crypto";
import type { BundleFiles } from "./bundle.ts";

/**
 * `sha256:…` over a line `{path} NUL {SHA-256 of content, hex} LF` per file, sorted by path: the order
 * in the zip, times and compression do not count.
 */
export function bundleDigest(files: BundleFiles): string {
  const digest = createHash("sha256");
  for (const [path, content] of [...files].sort(([one], [other]) => (one < other ? -1 : 1))) {
    const inner = createHash("sha256").update(content).digest("hex");
    digest.update(`${path}\0${inner}\n`);
  }
  return `sha256:${digest.digest("hex")}`;
}
