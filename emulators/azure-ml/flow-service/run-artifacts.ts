import type { LineResult } from "#emulators/azure-ml/engine/engine.ts";
import type { BlobStorage } from "#emulators/azure-ml/storage.ts";
import { childRun } from "./child-run.ts";

/** Lines in one file of `flow_artifacts`. */
const BATCH_SIZE = 25;

export function artifactsPath(runId: string): string {
  return `promptflow/PromptFlowArtifacts/${runId}`;
}

/** Writes what a finished run leaves in the datastore. */
export async function writeArtifacts(
  storage: BlobStorage,
  runId: string,
  lines: readonly LineResult[],
): Promise<void> {
  const folder = artifactsPath(runId);
  const sorted = [...lines].sort((a, b) => a.lineNumber - b.lineNumber);
  await storage.write(`${folder}/meta.json`, JSON.stringify({ batch_size: BATCH_SIZE }));
  await storage.write(`${folder}/flow_outputs/output.jsonl`, outputsOf(sorted));
  for (const [name, records] of batchesOf(runId, sorted)) {
    await storage.write(`${folder}/flow_artifacts/${name}.jsonl`, records);
  }
}

function outputsOf(lines: readonly LineResult[]): string {
  return jsonLines(
    lines
      .filter(({ status }) => status === "Completed")
      .map(({ lineNumber, outputs }) => ({ line_number: lineNumber, ...outputs })),
  );
}

function batchesOf(runId: string, lines: readonly LineResult[]): Map<string, string> {
  const batches = Map.groupBy(lines, ({ lineNumber }) => Math.floor(lineNumber / BATCH_SIZE));
  const files = [...batches].map(([batch, members]): [string, string] => {
    const first = batch * BATCH_SIZE;
    const range = [first, first + BATCH_SIZE - 1].map((n) => String(n).padStart(9, "0"));
    const records = members.map((line) => ({
      line_number: line.lineNumber,
      run_info: childRun(runId, line).record,
    }));
    return [range.join("_"), jsonLines(records)];
  });
  return new Map(files);
}

function jsonLines(records: readonly unknown[]): string {
  return records.map((record) => `${JSON.stringify(record)}\n`).join("");
}
