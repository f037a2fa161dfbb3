import { datasetPages, type PlacedRow } from "#domain/dataset-rows.ts";
import { PipelineError } from "#domain/errors.ts";
import { lostIn, type RunClaim, withClaim } from "#domain/failed-lines.ts";
import { joinRow, type LineRecord } from "#domain/gate/join-row.ts";
import { RepeatMeter } from "#domain/gate/repeat-meter.ts";
import type { Row } from "#domain/pipeline.ts";
import { scrubLog } from "#domain/run-log.ts";
import { collectRows } from "#domain/steps.ts";
import { implement } from "#durable/activity.ts";
import type { AppReader } from "./app-reader.ts";
import { inOrder } from "./in-order.ts";
import { openSnapshot, type SnapshotReader } from "./snapshot.ts";

/** The service's own page, which its artifacts are cut by. */
const PAGE = 25;
const PAGES_AHEAD = 6;

export interface RunLines {
  /** Records of the lines from `first` to `last`, both included, in no order. */
  readLines(run: string, first: number, last: number): Promise<readonly LineRecord[]>;
  readLog(run: string): Promise<string | undefined>;
}

export interface ClaimReader {
  /** What a run that ended says of its failed lines itself. */
  read(run: string): Promise<RunClaim>;
}

export interface RowWriter {
  /** Writes the rows of all pages as one part of the pipeline's rows, in place of what an earlier try wrote. */
  writePart(id: string, part: number, pages: AsyncIterable<readonly Row[]>): Promise<void>;
}

export interface LogWriter {
  /** Keeps a text as `{id}/{name}` beside the pipeline's other results. */
  writeText(id: string, name: string, text: string): Promise<unknown>;
}

export interface CollectRowsNeeds {
  readonly apps: AppReader;
  readonly snapshots: SnapshotReader;
  readonly runs: RunLines;
  readonly claims: ClaimReader;
  readonly rows: RowWriter;
  readonly logs: LogWriter;
}

export function createCollectRows(needs: CollectRowsNeeds) {
  const { apps, snapshots, runs, claims, rows, logs } = needs;
  return implement(collectRows, async (input) => {
    const { id, index, variant, baseRun, evaluationRun } = input;
    const { gate } = (await apps.read(input.app, input.bundle)).manifest;
    const dataset = datasetPages(await openSnapshot(snapshots, input.snapshot), PAGE);

    const lost = { base: 0, evaluation: 0 };

    async function joinPage(page: readonly PlacedRow[]): Promise<Row[]> {
      const [base, evaluation] = await Promise.all([
        readPage(runs, baseRun, page),
        readPage(runs, evaluationRun, page),
      ]);
      return page.map(({ line, inputs }) => {
        const known = { base: base.get(line) ?? [], evaluation: evaluation.get(line) ?? [] };
        const parts = { line, variant, dataset: null, inputs, ...known };
        const without = lostIn(parts);
        lost.base += Number(without.base);
        lost.evaluation += Number(without.evaluation);
        return joinRow(parts, gate.correct);
      });
    }

    const meter = new RepeatMeter(gate, null);
    async function* joined(): AsyncGenerator<readonly Row[]> {
      for await (const page of inOrder(dataset, PAGES_AHEAD, joinPage)) {
        for (const row of page) meter.add(row);
        yield page;
      }
    }
    await rows.writePart(id, index, joined());
    for (const run of [baseRun, evaluationRun]) await keepLog(runs, logs, id, run);
    const { evidence } = meter.read(input.logged);
    const tally = withClaim(evidence.tally, "base", lost.base, await claims.read(baseRun));
    const claim = await claims.read(evaluationRun);
    return { ...evidence, tally: withClaim(tally, "evaluation", lost.evaluation, claim) };
  });
}

/** All records of each line. */
async function readPage(
  runs: RunLines,
  run: string,
  page: readonly PlacedRow[],
): Promise<ReadonlyMap<number, readonly LineRecord[]>> {
  const first = page[0]?.line ?? 0;
  const records = await runs.readLines(run, first, first + PAGE - 1);
  return Map.groupBy(records, ({ index }) => index);
}

/** A log is good to have; a pipeline that has its rows does not end for the lack of one. */
async function keepLog(runs: RunLines, logs: LogWriter, id: string, run: string): Promise<void> {
  const text = await runs.readLog(run).catch((error: unknown) => {
    if (error instanceof PipelineError) return `\nThe log could not be read. ${error.message}\n`;
    throw error;
  });
  if (text !== undefined) await logs.writeText(id, `${run}.log`, scrubLog(text));
}
