import { datasetPages, type PlacedRow } from "#domain/dataset-rows.ts";
import { PipelineError } from "#domain/errors.ts";
import type { Row } from "#domain/pipeline.ts";
import { countRow, emptyTally, type JoinedRow, joinRow, type LineRecord } from "#domain/rows.ts";
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
  readonly rows: RowWriter;
  readonly logs: LogWriter;
}

export function createCollectRows({ apps, snapshots, runs, rows, logs }: CollectRowsNeeds) {
  return implement(collectRows, async (input) => {
    const { id, index, variant, baseRun, evaluationRun } = input;
    const { correct } = (await apps.read(input.app, input.bundle)).manifest.gate;
    const dataset = datasetPages(await openSnapshot(snapshots, input.snapshot), PAGE);

    async function joinPage(page: readonly PlacedRow[]): Promise<JoinedRow[]> {
      const [base, evaluation] = await Promise.all([
        readPage(runs, baseRun, page),
        readPage(runs, evaluationRun, page),
      ]);
      return page.map(({ line, inputs }) =>
        joinRow(
          { line, variant, inputs, base: base.get(line), evaluation: evaluation.get(line) },
          correct,
        ),
      );
    }

    let tally = emptyTally();
    async function* joined(): AsyncGenerator<readonly Row[]> {
      for await (const page of inOrder(dataset, PAGES_AHEAD, joinPage)) {
        tally = page.reduce(countRow, tally);
        yield page.map(({ row }) => row);
      }
    }
    await rows.writePart(id, index, joined());
    for (const run of [baseRun, evaluationRun]) await keepLog(runs, logs, id, run);
    return tally;
  });
}

/** A line that the service tells twice counts as it was told last. */
async function readPage(
  runs: RunLines,
  run: string,
  page: readonly PlacedRow[],
): Promise<ReadonlyMap<number, LineRecord>> {
  const first = page[0]?.line ?? 0;
  const records = await runs.readLines(run, first, first + PAGE - 1);
  return new Map(records.map((record) => [record.index, record]));
}

/** A log is good to have; a pipeline that has its rows does not end for the lack of one. */
async function keepLog(runs: RunLines, logs: LogWriter, id: string, run: string): Promise<void> {
  const text = await runs.readLog(run).catch((error: unknown) => {
    if (error instanceof PipelineError) return `\nThe log could not be read. ${error.message}\n`;
    throw error;
  });
  if (text !== undefined) await logs.writeText(id, `${run}.log`, scrubLog(text));
}
