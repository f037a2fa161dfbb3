import type { BlobStorage } from "#emulators/azure-ml/storage.ts";
import type { RunLine, RunLines } from "#emulators/azure-ml/store/run-lines.ts";

/** Lines in one file of `flow_artifacts`. */
const BATCH_SIZE = 25;
/** A storage emulator waits for its disk with each of them. */
const FILES_AT_ONCE = 32;
const TEXT_CHARS = 64 * 1024;

export function artifactsPath(runId: string): string {
  return `promptflow/PromptFlowArtifacts/${runId}`;
}

/** Writes what a finished run leaves in the datastore, from the lines that are kept of it. */
export async function writeArtifacts(
  storage: BlobStorage,
  lines: Pick<RunLines, "all">,
  runId: string,
): Promise<void> {
  const folder = artifactsPath(runId);
  await storage.write(`${folder}/meta.json`, JSON.stringify({ batch_size: BATCH_SIZE }));
  const output = {
    [Symbol.iterator]: () => inBlocks(outputsOf(lines.all(runId))),
  };
  await storage.writeStream(`${folder}/flow_outputs/output.jsonl`, output);
  const files = batchesOf(lines.all(runId));
  const lane = async () => {
    for (let next = files.next(); !next.done; next = files.next()) {
      const [name, records] = next.value;
      await storage.write(`${folder}/flow_artifacts/${name}.jsonl`, records);
    }
  };
  await Promise.all(Array.from({ length: FILES_AT_ONCE }, lane));
}

function* outputsOf(lines: Iterable<RunLine>): Generator<string> {
  for (const { index, outputs } of lines) {
    if (outputs) yield jsonLine({ line_number: index, ...outputs });
  }
}

/** A file's name, and its text. */
function* batchesOf(lines: Iterable<RunLine>): Generator<readonly [string, string]> {
  let batch = 0;
  let records = "";
  for (const { index, record } of lines) {
    const own = Math.floor(index / BATCH_SIZE);
    if (own !== batch && records !== "") {
      yield [nameOf(batch), records];
      records = "";
    }
    batch = own;
    records += jsonLine({ line_number: index, run_info: record });
  }
  if (records !== "") yield [nameOf(batch), records];
}

function nameOf(batch: number): string {
  const first = batch * BATCH_SIZE;
  return [first, first + BATCH_SIZE - 1].map((n) => String(n).padStart(9, "0")).join("_");
}

/** Short texts as fewer, longer ones: a stream takes its time for each. */
function* inBlocks(texts: Iterable<string>): Generator<string> {
  let block = "";
  for (const text of texts) {
    block += text;
    if (block.length < TEXT_CHARS) continue;
    yield block;
    block = "";
  }
  if (block !== "") yield block;
}

function jsonLine(record: unknown): string {
  return `${JSON.stringify(record)}\n`;
}
