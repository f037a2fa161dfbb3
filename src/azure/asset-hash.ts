import { createHash, type Hash } from "node:crypto";
import { PipelineError } from "#domain/errors.ts";

/** What Azure ML's own clients feed first: with it the same content has the same name as theirs. */
const SEED = "Initialize for october 2021 AML CLI version";

export type Files = ReadonlyMap<string, Uint8Array>;

/** Name of a file in the datastore: 32 hex digits, the file's own name plays no part. */
export async function hashFile(content: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash("md5").update(SEED);
  for await (const part of content) hash.update(part);
  return hash.digest("hex");
}

/** The same content, which fails at its end unless it is what `name` was made of. */
export async function* checkedFile(
  content: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<Uint8Array> {
  const hash = createHash("md5").update(SEED);
  for await (const part of content) {
    hash.update(part);
    yield part;
  }
  if (hash.digest("hex") === name) return;
  throw new PipelineError("AZURE_BUSY", "The dataset was written again while it was uploaded.");
}

/** Name of a folder in the datastore; a directory counts even if all that is in it is ignored. */
export function hashFolder(files: Files, ignores: (path: string) => boolean): string {
  const hash = createHash("md5").update(SEED);
  feed(hash, treeOf(files), ignores);
  return hash.digest("hex");
}

/** Paths in the order of the hash: each directory's entries by lower-cased name. */
export function sortedPaths(files: Files, ignores: (path: string) => boolean): string[] {
  const paths: string[] = [];
  walk(treeOf(files), ignores, ({ path, content }) => {
    if (content !== undefined) paths.push(path);
  });
  return paths;
}

/** What a code asset says of its content: the number of files, their paths and sizes, then all their bytes. */
export function contentHash(files: Files, ignores: (path: string) => boolean): string {
  const kept = [...files]
    .filter(([path]) => !ignores(path))
    .sort(([a], [b]) => byLowerCase({ name: a }, { name: b }));
  const hash = createHash("sha256").update(String(kept.length));
  for (const [path, content] of kept) hash.update(`#${path}#${content.byteLength}`);
  for (const [, content] of kept) hash.update(content);
  return hash.digest("hex");
}

interface Entry {
  readonly name: string;
  readonly path: string;
  /** Undefined for a directory. */
  readonly content?: Uint8Array;
  readonly entries: Map<string, Entry>;
}

function treeOf(files: Files): Entry {
  const root: Entry = { name: "", path: "", entries: new Map() };
  for (const [path, content] of files) {
    const names = path.split("/");
    let folder = root;
    names.forEach((name, index) => {
      const known = folder.entries.get(name);
      const last = index === names.length - 1;
      const own = names.slice(0, index + 1).join("/");
      const entry = known ?? { name, path: own, entries: new Map(), ...(last ? { content } : {}) };
      folder.entries.set(name, entry);
      folder = entry;
    });
  }
  return root;
}

function feed(hash: Hash, root: Entry, ignores: (path: string) => boolean): void {
  walk(root, ignores, ({ name, content }) => {
    hash.update(name);
    if (content !== undefined) hash.update(content);
  });
}

function walk(
  folder: Entry,
  ignores: (path: string) => boolean,
  visit: (entry: Entry) => void,
): void {
  const entries = [...folder.entries.values()].sort(byLowerCase);
  for (const entry of entries) {
    if (ignores(entry.path) && !holdsKept(entry, ignores)) continue;
    visit(entry);
    walk(entry, ignores, visit);
  }
}

/**
 * A rule may bring a file back from a folder that another one leaves out. Azure ML's clients upload it but do
 * not count it; for us what is uploaded has to count, or two contents would have one name.
 */
function holdsKept({ path, content, entries }: Entry, ignores: (path: string) => boolean): boolean {
  if (content !== undefined) return !ignores(path);
  return [...entries.values()].some((entry) => holdsKept(entry, ignores));
}

function byLowerCase(a: { readonly name: string }, b: { readonly name: string }): number {
  const [left, right] = [a.name.toLowerCase(), b.name.toLowerCase()];
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
