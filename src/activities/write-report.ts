import type { PairedRow } from "#domain/gate/measure-rows.ts";
import type { Pipeline } from "#domain/pipeline.ts";
import { junitReport } from "#domain/report/junit.ts";
import { markdownReport } from "#domain/report/markdown.ts";
import { judgeCell, measureCell, type StoredRows } from "#domain/report/measure-cell.ts";
import type { MeasuredCell, Report, ReportCell } from "#domain/report/report.ts";
import { ExampleList, type Examples } from "#domain/report/row-examples.ts";
import { writeReport } from "#domain/steps.ts";
import { implement } from "#durable/activity.ts";

export interface ReportWriter {
  /** Writes `report.json`, and beside it the same for people and for CI. */
  write(
    report: Report,
    texts: { readonly markdown: string; readonly junit: string },
  ): Promise<void>;
}

/** Reads the rows again: what they hold goes into the report and nowhere else. */
export function createWriteReport(reports: ReportWriter, rows: StoredRows) {
  return implement(writeReport, async ({ pipeline, policy, cells: measured }) => {
    const owner = { id: pipeline.id, rounds: policy.repeats };
    const cells: ReportCell[] = [];
    const examples: Examples[] = [];
    for (const cell of measured) {
      const shown = new ExampleList();
      cells.push(await reportCell(cell, shown));
      examples.push(shown);
    }
    const report = { ...pipeline, policy, cells };
    await reports.write(report, {
      markdown: markdownReport(report, examples),
      junit: junitReport(report, examples),
    });
    return {};

    async function reportCell(cell: MeasuredCell, shown: ExampleList): Promise<ReportCell> {
      const { error } = cell;
      const see = (pair: PairedRow) => shown.add(pair);
      const measured = error === null ? await measureCell(policy, owner, cell, rows, see) : null;
      const evidence = measured?.evidence ?? null;
      const { judgement } = judgeCell(policy, cell, evidence, error);
      const logs = logsOf(pipeline, cell);
      return { ...cell, rows: measured?.blob ?? null, logs, evidence, judgement };
    }
  });
}

/** Where collectRows keeps them. Runs do not name their dataset where there is only one. */
function logsOf({ id, runs }: Pipeline, cell: MeasuredCell): string[] {
  return runs
    .filter(({ variant, dataset = cell.dataset }) => {
      return variant === cell.variant && dataset === cell.dataset;
    })
    .flatMap(({ baseRun, evaluationRun }) => [baseRun, evaluationRun])
    .flatMap((run) => (run === null ? [] : [`${id}/${run}.log`]));
}
