import type { Verdict } from "#domain/pipeline.ts";
import { cellSections } from "./markdown-cell.ts";
import { code, paragraphs, plain } from "./markdown-text.ts";
import type { Report } from "./report.ts";
import { type Examples, NO_EXAMPLES } from "./row-examples.ts";

/** Rows that are shown of each cell, where there is one and where there are several. */
const ROWS_OF_ONE = 20;
const ROWS_OF_SEVERAL = 5;

/** `report.md`, for people. `examples` belong to the cells, in their order. */
export function markdownReport(report: Report, examples: readonly Examples[]): string {
  const { app, verdict, cells } = report;
  const rows = cells.length > 1 ? ROWS_OF_SEVERAL : ROWS_OF_ONE;
  return paragraphs([
    [`# ${plain(app)}: ${verdict?.outcome ?? "no verdict"}`],
    about(report),
    ...whyAndNext(verdict?.reasons ?? []),
    ...cells.flatMap((cell, index) => cellSections(cell, examples[index] ?? NO_EXAMPLES, rows)),
    ...whereTheRestIs(report),
  ]);
}

function about({ id, bundle, commit, verdict }: Report): readonly string[] {
  return [
    `- pipeline ${code(id)}`,
    `- bundle ${code(bundle)}`,
    ...(commit === null
      ? []
      : [`- commit ${code(commit.sha)} of ${code(commit.repository)}, ${code(commit.ref)}`]),
    ...(verdict?.winner === undefined ? [] : [`- the variant that wins: ${code(verdict.winner)}`]),
  ];
}

/** What to do stands apart from what was found. */
function whyAndNext(reasons: Verdict["reasons"]): readonly (readonly string[])[] {
  const why = reasons.filter((reason) => !NEXT.test(reason));
  const next = reasons.filter((reason) => NEXT.test(reason));
  return [
    ...section("## Why", why.map(plain)),
    ...section(
      "## What next",
      next.map((reason) => plain(reason.replace(NEXT, "$1"))),
    ),
  ];
}

/** Where there are several cells, each sentence has the name of its own before it. */
const NEXT = /(^|: )what next: /;

function section(title: string, items: readonly string[]): readonly (readonly string[])[] {
  return items.length === 0 ? [] : [[title], items.map((item) => `- ${item}`)];
}

function whereTheRestIs({ id, cells }: Report): readonly (readonly string[])[] {
  const logs = cells.flatMap((cell) => cell.logs);
  if (cells.length === 0) return [];
  return [
    ["## Where the rest is"],
    [
      `- every row: ${code(`results/${id}/rows.jsonl`)}, or ${code(`GET /api/pipelines/${id}/rows`)}`,
      `- what each run wrote: ${logs.map((log) => code(`results/${log}`)).join(", ")}`,
      `- another gate on these rows: ${code(`POST /api/pipelines/${id}/rehearse`)} with the gate as its body`,
    ],
  ];
}
