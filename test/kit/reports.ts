import type { z } from "zod";
import { createWriteReport } from "#activities/write-report.ts";
import { type JudgedCell, settle } from "#domain/gate/contest.ts";
import type { LoggedMetrics } from "#domain/gate/evidence.ts";
import { GatePolicy } from "#domain/gate/policy.ts";
import type { Row } from "#domain/pipeline.ts";
import { withVerdict } from "#domain/progress.ts";
import type { StoredRows } from "#domain/report/measure-cell.ts";
import { pairVariants, runsToPair } from "#domain/report/pair-variants.ts";
import type { MeasuredCell, Report } from "#domain/report/report.ts";
import { aPipeline } from "./pipelines.ts";

/** A cell whose rows are told where it gave any. */
export interface CellOf extends Partial<MeasuredCell> {
  readonly stored?: readonly Row[];
}

interface Told {
  readonly gate?: z.input<typeof GatePolicy>;
  readonly cells: readonly CellOf[];
  /** What other pipelines published, by their id. */
  readonly others?: Readonly<Record<string, readonly Row[]>>;
  readonly id?: string;
  /** Why nothing could be measured, where there are no cells. */
  readonly reason?: string;
}

const DIGEST = `sha256:${"cd".repeat(32)}`;

/** A cell on one dataset that logged its accuracy; its rows come in one part. */
export function aCell(stored: readonly Row[], differences: Partial<MeasuredCell> = {}): CellOf {
  const right = stored.filter(({ outcome }) => outcome === "correct").length;
  const finite = { accuracy: right / stored.length };
  return { stored, logged: { finite, malformed: {} }, ...differences };
}

/** What the activity writes of such a pipeline, and what it reads. */
export async function reportOf({
  gate = {},
  cells,
  others = {},
  id = "shop-0123456789ab",
  reason,
}: Told) {
  const policy = GatePolicy.parse(gate);
  const measured = cells.map((cell, index) => measuredCell(cell, index));
  const stored: StoredRows = {
    readLast: async (of, index) => {
      const rows = of === id ? cells[index]?.stored : undefined;
      return rows === undefined
        ? null
        : { blob: `${id}/rows-${index}.jsonl`, pages: pagesOf(rows) };
    },
    read: async (of) => {
      const rows = others[of];
      return rows === undefined ? null : pagesOf(rows);
    },
  };
  const written: { report: Report; markdown: string; junit: string }[] = [];
  const activity = createWriteReport(
    { write: async (report, texts) => void written.push({ report, ...texts }) },
    stored,
  );
  const none = { outcome: "error", reasons: [reason ?? ""], metrics: {}, rows: null } as const;
  const input = (verdict: Report["verdict"]) => ({
    pipeline: { ...withVerdict(aPipeline({ id }), verdict), runs: measured.map(runOf(id)) },
    policy,
    cells: measured,
  });
  // First to judge each cell, then with the verdict of all of them.
  await activity.run(input({ ...none, reasons: [...none.reasons] }));
  const judged = written[0]?.report.cells ?? [];
  const verdict =
    judged.length === 0 ? written[0]?.report.verdict : (await settled(judged)).verdict;
  await activity.run(input(verdict ?? null));
  const last = written[1];
  if (last === undefined) throw new Error("No report was written.");
  return { ...last, stored };

  /** As the pipeline does it. */
  async function settled(judged: readonly JudgedCell[]) {
    const runs = runsToPair(policy, judged, measured);
    const owner = { id, rounds: policy.repeats };
    const paired = runs.length === 0 ? null : await pairVariants(policy, owner, runs, stored);
    return settle(judged, policy, paired);
  }
}

function runOf(id: string) {
  return ({ index, variant, dataset }: MeasuredCell) => ({
    variant,
    dataset,
    baseRun: `${id}-base-${index}`,
    evaluationRun: `${id}-evaluation-${index}`,
    status: "Completed",
    metrics: {},
  });
}

function measuredCell({ stored: _, ...differences }: CellOf, index: number): MeasuredCell {
  const logged: LoggedMetrics = { finite: {}, malformed: {} };
  const baseline = null;
  const place = { variant: null, dataset: "shop/data.jsonl", digest: DIGEST };
  return { index, ...place, logged, troubles: [], baseline, error: null, ...differences };
}

/** Two at a time. */
async function* pagesOf(rows: readonly Row[]): AsyncGenerator<readonly Row[]> {
  for (let at = 0; at < rows.length; at += 2) yield rows.slice(at, at + 2);
}
