import { crc32 } from "node:zlib";
import { type Entry, fromBufferPromise, getFileNameLowLevel, type ZipFile } from "yauzl";
import { appFiles, BUNDLE_LIMITS } from "#domain/bundle/app-files.ts";
import type { BundleFiles } from "#domain/bundle/bundle.ts";
import { entryProblem, isIgnored } from "#domain/bundle/entry-path.ts";
import { PipelineError, type Problem } from "#domain/errors.ts";

const FILE_TYPE = 0o170000;
const SYMBOLIC_LINK = 0o120000;

interface NamedEntry {
  readonly path: string;
  readonly entry: Entry;
}

/**
 * The app folder that a zip holds. Sizes are checked before anything is unpacked, and again while it is.
 * Rejects with BUNDLE_TOO_LARGE, or with BUNDLE_INVALID and a problem for every bad entry.
 */
export async function readZip(zip: Uint8Array): Promise<BundleFiles> {
  if (zip.byteLength > BUNDLE_LIMITS.zippedBytes) throw tooLargeZip();
  const file = await open(zip);
  const entries = await readDirectory(file);
  const unpacked = new Map<string, Uint8Array>();
  for (const { path, entry } of entries) unpacked.set(path, await unpack(file, path, entry));
  return appFiles(unpacked);
}

export function tooLargeZip(): PipelineError {
  return new PipelineError(
    "BUNDLE_TOO_LARGE",
    "The zip is larger than 20 MiB. Leave out what the flow does not need to run.",
  );
}

async function open(zip: Uint8Array): Promise<ZipFile> {
  const buffer = Buffer.from(zip.buffer, zip.byteOffset, zip.byteLength);
  return fromBufferPromise(buffer, { decodeStrings: false }).catch((cause: unknown) => {
    throw invalid(`The body is not a readable zip: ${messageOf(cause)}.`, [], cause);
  });
}

/** Everything that the directory of the zip gives away, judged before a byte is unpacked. */
async function readDirectory(file: ZipFile): Promise<NamedEntry[]> {
  const entries: NamedEntry[] = [];
  const problems: Problem[] = [];
  const seen = new Set<string>();
  let bytes = 0;
  try {
    for await (const entry of file.eachEntry()) {
      const path = nameOf(entry);
      if (isIgnored(path)) continue;
      const message = seen.has(path) ? "is in the zip twice" : problemOf(path, entry);
      seen.add(path);
      if (message !== undefined) problems.push({ file: path, message });
      if (path.endsWith("/")) continue;
      bytes += entry.uncompressedSize;
      entries.push({ path, entry });
      refuseOverweight(entries.length, bytes);
    }
  } catch (cause) {
    if (cause instanceof PipelineError) throw cause;
    throw invalid(`The zip is damaged: ${messageOf(cause)}.`, [], cause);
  }
  if (problems.length > 0) throw invalid("The zip has entries that cannot be taken.", problems);
  return entries;
}

function nameOf(entry: Entry): string {
  // With undecoded strings the name is bytes, whatever its type says.
  const raw = entry.fileNameRaw;
  return getFileNameLowLevel(entry.generalPurposeBitFlag, raw, entry.extraFields, true);
}

function problemOf(path: string, entry: Entry): string | undefined {
  const mode = entry.externalFileAttributes >>> 16;
  if ((mode & FILE_TYPE) === SYMBOLIC_LINK) return "is a symbolic link; zip the file itself";
  if (entry.isEncrypted()) return "is encrypted; zip it without a password";
  if (!entry.canDecodeFileData()) return "is packed by a method other than store or deflate";
  return entryProblem(path);
}

function refuseOverweight(files: number, bytes: number): void {
  if (files > BUNDLE_LIMITS.files) {
    throw new PipelineError("BUNDLE_TOO_LARGE", "The zip holds more than 2,000 files.");
  }
  if (bytes > BUNDLE_LIMITS.unpackedBytes) {
    throw new PipelineError("BUNDLE_TOO_LARGE", "Unpacked, the zip is larger than 100 MiB.");
  }
}

/** The directory may lie about sizes; yauzl stops a stream that brings more than was declared. */
async function unpack(file: ZipFile, path: string, entry: Entry): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let checksum = 0;
  try {
    const stream: AsyncIterable<Uint8Array> = await file.openReadStreamPromise(entry);
    for await (const chunk of stream) {
      chunks.push(chunk);
      checksum = crc32(chunk, checksum);
    }
  } catch (cause) {
    throw invalid("The zip is damaged.", [{ file: path, message: messageOf(cause) }], cause);
  }
  if (checksum !== entry.crc32) {
    const problem = { file: path, message: "does not match its checksum (CRC-32)" };
    throw invalid("The zip is damaged.", [problem]);
  }
  return Buffer.concat(chunks);
}

function invalid(message: string, problems: readonly Problem[], cause?: unknown): PipelineError {
  return new PipelineError("BUNDLE_INVALID", message, { problems, cause });
}

function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/\.$/, "");
}
