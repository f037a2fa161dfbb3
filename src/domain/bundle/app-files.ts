import { PipelineError, type Problem } from "#domain/errors.ts";
import type { BundleFiles } from "./bundle.ts";

/** What a bundle may weigh. */
export const BUNDLE_LIMITS = {
  zippedBytes: 20 * 1024 * 1024,
  unpackedBytes: 100 * 1024 * 1024,
  files: 2_000,
} as const;

/**
 * The app folder in what was unpacked: one top folder that everything shares is stripped.
 * Throws BUNDLE_INVALID for nothing at all, and for a path that is a file and a folder at once.
 */
export function appFiles(unpacked: BundleFiles): BundleFiles {
  if (unpacked.size === 0) {
    throw new PipelineError("BUNDLE_INVALID", "The zip holds no files. Zip the app folder.");
  }
  const problems = clashes(unpacked);
  if (problems.length > 0) {
    throw new PipelineError("BUNDLE_INVALID", "The zip cannot be unpacked.", { problems });
  }
  const top = commonTop([...unpacked.keys()]);
  return new Map([...unpacked].map(([path, content]) => [path.slice(top.length), content]));
}

function clashes(files: BundleFiles): Problem[] {
  const folders = new Set<string>();
  for (const path of files.keys()) {
    for (let end = path.indexOf("/"); end >= 0; end = path.indexOf("/", end + 1)) {
      folders.add(path.slice(0, end));
    }
  }
  return [...files.keys()]
    .filter((path) => folders.has(path))
    .map((file) => ({ file, message: "is a file and a folder at once" }));
}

/** `folder/`, or "" where there is none. */
function commonTop(paths: readonly string[]): string {
  const first = paths[0] ?? "";
  const top = first.slice(0, first.indexOf("/") + 1);
  return paths.every((path) => path.startsWith(top)) ? top : "";
}
