import { shown } from "#domain/gate/sentences.ts";
import type { MetricVerdict, SliceVerdict, Verdict } from "#domain/pipeline.ts";
import { metricChart, shareBar } from "./bar-chart.ts";
import { code, fenced, plain, table } from "./markdown-text.ts";
import type { ReportCell } from "./report.ts";
import type { Examples, RowExample } from "./row-examples.ts";

const WORST_SLICES = 10;

type Sections = readonly (readonly string[])[];

/** One variant on one dataset. */
export function cellSections(
  cell: ReportCell,
  examples: Examples | undefined,
  rows: number,
): Sections {
  const { variant, dataset, digest, judgement, evidence } = cell;
  const { verdict } = judgement;
  const on = variant === null ? plain(dataset) : `${plain(variant)} on ${plain(dataset)}`;
  return [
    [`## ${on}: ${verdict.outcome}`],
    [`Dataset ${code(digest)}.${rowCounts(verdict)}`],
    ...figures(verdict),
    ...slices(verdict.slices ?? []),
    ...golden(verdict),
    ...baseline(verdict, examples?.newlyBroken ?? []),
    ...flaky(verdict, evidence?.flakyRows ?? 0),
    ...wrongRows(verdict, (examples?.wrong ?? []).slice(0, rows)),
  ];
}

function rowCounts({ rows }: Verdict): string {
  if (rows === null) return "";
  const { expected, correct, incorrect, failed, missing } = rows;
  return ` Rows: ${expected}, of them ${correct} right, ${incorrect} wrong, ${failed} failed, ${missing} missing.`;
}

function figures({ metrics }: Verdict): Sections {
  const named = Object.entries(metrics);
  if (named.length === 0) return [];
  return [
    table(
      ["metric", "figure", "interval", "asked for", "logged", ""],
      named.map(([name, metric]) => [
        plain(name),
        figure(metric.value, [metric.min, metric.max]),
        interval(metric),
        askedFor(metric),
        metric.reported === undefined ? "" : figure(metric.reported),
        standing(metric),
      ]),
    ),
    fenced(named.flatMap(([name, metric]) => metricChart(name, metric))),
  ];
}

function figure(value: number | null, bounds: readonly (number | undefined)[] = []): string {
  const given = bounds.filter((bound) => bound !== undefined);
  return value === null ? "none" : shown(value, given);
}

function interval({ low, high }: MetricVerdict): string {
  return typeof low === "number" && typeof high === "number"
    ? `${shown(low)} to ${shown(high)}`
    : "";
}

function askedFor({ min, max, maxDrop, drop }: MetricVerdict): string {
  const than = drop === undefined ? "" : ` (now ${shown(drop, [maxDrop ?? drop])})`;
  return [
    ...(min === undefined ? [] : [`at least ${min}`]),
    ...(max === undefined ? [] : [`at most ${max}`]),
    ...(maxDrop === undefined ? [] : [`at most ${maxDrop} lower${than}`]),
  ].join(", ");
}

function standing({ value, ok, reportOnly }: MetricVerdict): string {
  if (reportOnly) return "only reported";
  if (ok) return "holds";
  return value === null ? "no figure" : "does not hold";
}

function slices(judged: readonly SliceVerdict[]): Sections {
  if (judged.length === 0) return [];
  const worst = judged
    .toSorted((one, other) => Number(one.ok) - Number(other.ok) || one.share - other.share)
    .slice(0, WORST_SLICES);
  const lines = worst.map(({ by, value, rows, correct, share, min, ok }) => {
    const said = `${shown(share, [min])} (${correct} of ${rows}), at least ${min}${ok ? "" : ": does not hold"}`;
    return `|${shareBar(share)}| ${said}  ${by} ${value === null ? "is not there" : JSON.stringify(value)}`;
  });
  const title =
    worst.length < judged.length
      ? `The worst ${worst.length} of ${judged.length} slices`
      : "Slices";
  return [[`### ${title}`], fenced(lines)];
}

function golden({ golden: found }: Verdict): Sections {
  if (found === undefined) return [];
  const { rows, wrong } = found;
  const said =
    wrong.length === 0
      ? `All ${rows} are right.`
      : `Of ${rows}, these are not right: rows ${lineList(wrong)}.`;
  return [["### Golden rows"], [said]];
}

function baseline({ baseline: found }: Verdict, broken: readonly RowExample[]): Sections {
  if (found === undefined) return [];
  const { deployment, rows, newlyBroken, newlyFixed, pValue } = found;
  return [
    [`### Against ${plain(deployment)}, which serves`],
    [
      `- newly broken: ${lineList(newlyBroken)}`,
      `- newly fixed: ${lineList(newlyFixed)}`,
      `- as much difference by chance on ${rows} rows: p = ${shown(pValue)} (exact McNemar)`,
    ],
    ...broken.map(example),
  ];
}

function flaky({ flaky: lines = [] }: Verdict, all: number): Sections {
  if (lines.length === 0) return [];
  return [["### Rows that did not come out alike"], [`${all}: rows ${lineList(lines)}.`]];
}

function wrongRows({ rows }: Verdict, examples: readonly RowExample[]): Sections {
  if (examples.length === 0 || rows === null) return [];
  const all = rows.expected - rows.correct;
  const title = examples.length < all ? `The first ${examples.length} of ${all} rows` : "Rows";
  return [[`### ${title} that are not right`], ...examples.map(example)];
}

function example({ line, outcome, node, ...content }: RowExample): readonly string[] {
  const { inputs, outputs, grade, error } = content;
  const named = Object.entries({ inputs, outputs, grade, error });
  return fenced([
    `row ${line}: ${outcome}${node === null ? "" : ` in node ${node}`}`,
    ...named.flatMap(([name, text]) => (text === null ? [] : [`${name.padEnd(8)}${text}`])),
  ]);
}

const LISTED = 100;

function lineList(lines: readonly number[]): string {
  if (lines.length === 0) return "none";
  return lines.join(", ") + (lines.length === LISTED ? " …" : "");
}
