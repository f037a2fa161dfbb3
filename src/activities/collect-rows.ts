import type { z } from "zod";
import { datasetPages } from "#domain/dataset-rows.ts";
import { PipelineError } from "#domain/errors.ts";
import { type RunClaim, withClaim, withTroubles } from "#domain/failed-lines.ts";
import type { RowTally } from "#domain/gate/evidence.ts";
import type { GatePolicy } from "#domain/gate/policy.ts";
import { RepeatMeter } from "#domain/gate/repeat-meter.ts";
import { regrade, withRepeat } from "#domain/gate/row-outcome.ts";
import type { Row } from "#domain/pipeline.ts";
import { RowsByLine } from "#domain/rows-by-line.ts";
import { scrubLog } from "#domain/run-log.ts";
import { openStableRows, type PublishedRows } from "#domain/stable-rows.ts";
import { collectRows } from "#domain/steps.ts";
import { implement } from "#durable/activity.ts";
import type { AppReader } from "./app-reader.ts";
import { type JoinedRuns, joinRuns, type LineReader, PAGE } from "./join-runs.ts";
import { openSnapshot, type SnapshotReader } from "./snapshot.ts";

export interface RunLines extends LineReader {
  readLog(run: string): Promise<string | undefined>;
}

export interface ClaimReader {
  /** What a run that ended says of its failed lines itself. */
  read(run: string): Promise<RunClaim>;
}

type Pages = AsyncGenerator<readonly Row[]>;

export interface RowStore extends PublishedRows {
  /** Writes the rows of all pages as one part of the pipeline's rows, in place of what an earlier try of the same round wrote. */
  writePart(
    id: string,
    part: number,
    round: number,
    pages: AsyncIterable<readonly Row[]>,
  ): Promise<void>;
  /** The part as that round left it; null where it is not there. */
  readPart(id: string, part: number, round: number): Promise<Pages | null>;
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
  readonly rows: RowStore;
  readonly logs: LogWriter;
}

type Input = z.infer<typeof collectRows.input>;

export function createCollectRows(needs: CollectRowsNeeds) {
  const { apps, snapshots, runs, claims, rows, logs } = needs;
  return implement(collectRows, async (input) => {
    const { id, index, round, baseRun, evaluationRun } = input;
    const { gate } = (await apps.read(input.app, input.bundle)).manifest;
    const dataset = datasetPages(await openSnapshot(snapshots, input.snapshot), PAGE);
    const joined = joinRuns(runs, input, dataset, gate.correct);
    const earlier = round === 0 ? null : await openRound(rows, input);
    const stable = await openStableRows(input.baseline, rows);
    const meter = new RepeatMeter(gate, stable.baseline);

    async function* collected(): Pages {
      try {
        for await (const now of joined.pages) {
          const page = await repeated(now, earlier, gate);
          const before = (await stable.rows?.beside(page)) ?? [];
          for (const [at, row] of page.entries()) {
            const known = before[at];
            meter.add(row, known && regrade(known, gate));
          }
          yield page;
        }
      } finally {
        await earlier?.close();
        await stable.rows?.close();
      }
    }
    await rows.writePart(id, index, round, collected());
    for (const run of [baseRun, evaluationRun]) await keepLog(runs, logs, id, run);
    const { evidence, isSettled } = meter.read(input.logged);
    const tally = await withClaims(claims, input, joined.lost, evidence.tally);
    return { ...evidence, tally, isSettled };
  });
}

/** The rows after the round before this one. */
async function openRound(rows: RowStore, { id, index, round }: Input): Promise<RowsByLine> {
  const stored = await rows.readPart(id, index, round - 1);
  if (stored !== null) return new RowsByLine(stored);
  const message = `The rows of repeat ${round} of run ${index} are not in results/${id} any more.`;
  throw new PipelineError("DATA_UNKNOWN", message);
}

/** Rows with this repeat added to the earlier ones; as they are where the gate repeats nothing. */
async function repeated(
  page: readonly Row[],
  earlier: RowsByLine | null,
  gate: GatePolicy,
): Promise<readonly Row[]> {
  if (gate.repeats === 1) return page;
  const before = await earlier?.beside(page);
  return page.map((row, at) => {
    const known = before?.[at];
    if (before !== undefined && known === undefined) {
      const message = `Row ${row.line} of the repeat before is not there any more.`;
      throw new PipelineError("DATA_UNKNOWN", message);
    }
    return withRepeat(known, row, gate);
  });
}

/** What runs say of their failed lines, those of earlier repeats included. */
async function withClaims(
  claims: ClaimReader,
  { baseRun, evaluationRun, troubles }: Input,
  lost: JoinedRuns["lost"],
  counted: RowTally,
): Promise<RowTally> {
  const earlier = withTroubles(counted, troubles);
  const tally = withClaim(earlier, "base", lost.base, await claims.read(baseRun));
  return withClaim(tally, "evaluation", lost.evaluation, await claims.read(evaluationRun));
}

/** A log is good to have; a pipeline that has its rows does not end for the lack of one. */
async function keepLog(runs: RunLines, logs: LogWriter, id: string, run: string): Promise<void> {
  const text = await runs.readLog(run).catch((error: unknown) => {
    if (error instanceof PipelineError) return `\nThe log could not be read. ${error.message}\n`;
    throw error;
  });
  if (text !== undefined) await logs.writeText(id, `${run}.log`, scrubLog(text));
}
