import type { Report, ReportCell } from "./report.ts";
import type { Examples, RowExample } from "./row-examples.ts";
import { type RuleCase, ruleCases } from "./rule-cases.ts";
import { element } from "./xml-text.ts";

interface Case extends RuleCase {
  readonly group: "gate" | "rows";
}

/**
 * `junit.xml`, for CI: a suite for each cell, a case for each rule and for each row that is not right. What is too bad is
 * a failure, what could not be measured an error. Rows that the gate puts up with are skipped, so that whoever counts
 * failures comes to the gate's own verdict.
 */
export function junitReport(report: Report, examples: readonly Examples[]): string {
  const { app, verdict, cells } = report;
  const suites =
    cells.length > 0
      ? cells.map((cell, index) => suiteOf(nameOf(cell), casesOf(report, cell, examples[index])))
      : [suiteOf(app, [{ ...unmeasured(verdict?.reasons[0] ?? "no verdict"), group: "gate" }])];
  const root = element("testsuites", { name: app }, suites);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${root}\n`;
}

function suiteOf(name: string, cases: readonly Case[]): string {
  const count = (wanted: string) => cases.filter(({ end }) => end === wanted).length;
  const counts = {
    tests: cases.length,
    failures: count("failure"),
    errors: count("error"),
    skipped: count("skipped"),
  };
  return element(
    "testsuite",
    { name, ...counts },
    cases.map((one) => caseOf(name, one)),
  );
}

function caseOf(suite: string, { name, group, end, type, message }: Case): string {
  const kind = end === "failure" || end === "error" ? { type } : {};
  const children = end === "passed" ? [] : [element(end, { message, ...kind })];
  return element("testcase", { classname: `${suite}.${group}`, name }, children);
}

function casesOf(
  { policy }: Report,
  cell: ReportCell,
  examples: Examples | undefined,
): readonly Case[] {
  if (cell.evidence === null) {
    const reason = cell.judgement.verdict.reasons[0] ?? "";
    return [{ ...unmeasured(reason), type: cell.judgement.code ?? "error", group: "gate" }];
  }
  const isHeld = cell.judgement.verdict.outcome === "passed";
  return [
    ...ruleCases(cell.judgement, policy).map((rule) => ({ ...rule, group: "gate" as const })),
    ...(examples?.wrong ?? []).map((row) => rowCase(row, isHeld)),
  ];
}

function unmeasured(message: string): RuleCase {
  return { name: "the runs were measured", end: "error", type: "error", message };
}

function rowCase(row: RowExample, isHeld: boolean): Case {
  const { line, outcome } = row;
  const end = outcome === "incorrect" ? "failure" : "error";
  return {
    name: `row ${line}`,
    group: "rows",
    end: isHeld ? "skipped" : end,
    type: outcome,
    message: isHeld ? `${told(row)}; the gate passes with it` : told(row),
  };
}

function told({ outcome, node, grade, error }: RowExample): string {
  const where = node === null ? "" : ` in node ${node}`;
  const what = error ?? (grade === null ? null : `graded ${grade}`);
  return `${outcome}${where}${what === null ? "" : `: ${what}`}`;
}

function nameOf({ variant, dataset }: ReportCell): string {
  return variant === null ? dataset : `${variant} on ${dataset}`;
}
