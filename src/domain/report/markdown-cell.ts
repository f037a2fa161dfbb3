import { shown } from "#domain/gate/sentences/words.ts";
import type { MetricVerdict, SliceVerdict, Verdict } from "#domain/pipeline.ts";
import { metricChart, shareBar } from "./bar-chart.ts";
import { code, fenced, plain, table } from "./markdown-text.ts";
import type { ReportCell } from "./report.ts";
import type { Examples, RowExample } from "./row-examples.ts";

const WORST_SLICES = 10;

type Sections = readonly (readonly string[])[];

/** One variant on one dataset. */
export function cellSections(cell: ReportCell, examples: Examples, rows: number): Sections {
  const { variant, dataset, digest, judgement, evidence } = cell;
  const { verdict } = judgement;
  const on = variant === null ? plain(dataset) : `${plain(variant)} on ${plain(dataset)}`;
  return [
    [`## ${on}: ${verdict.outcome}`],
    [`Dataset ${code(digest)}.${rowCounts(verdict)}`],
    ...figures(verdict),
    ...slices(verdict.slices ?? []),
    ...golden(verdict),
    ...baseline(verdict, examples.newlyBroken),
    ...flaky(verdict, evidence?.flakyRows ?? 0),
    ...otherWrongRows(verdict, examples, rows),
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
  return [["### Golden rows"], [`- rows: ${rows}`, `- not right: ${lineList(wrong)}`]];
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
  return [
    ["### Rows that did not come out alike"],
    [`- rows: ${all}`, `- these: ${lineList(lines)}`],
  ];
}

/** Those that are newly broken were shown already. */
function otherWrongRows(
  { rows }: Verdict,
  { wrong, newlyBroken }: Examples,
  most: number,
): Sections {
  const shown = new Set(newlyBroken.map(({ line }) => line));
  const others = wrong.filter(({ line }) => !shown.has(line)).slice(0, most);
  if (others.length === 0 || rows === null) return [];
  const all = rows.expected - rows.correct - shown.size;
  const title = `${shown.size > 0 ? "Other rows" : "Rows"} that are not right`;
  const part = others.length < all ? `: the first ${others.length} of ${all}` : "";
  return [[`### ${title}${part}`], ...others.map(example)];
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
