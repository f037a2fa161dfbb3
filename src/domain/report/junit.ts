import type { Report, ReportCell } from "./report.ts";
import { type Examples, NO_EXAMPLES, type RowExample } from "./row-examples.ts";
import { type RuleCase, ruleCases } from "./rule-cases.ts";
import { element } from "./xml-text.ts";

interface Unmeasured {
  readonly verdict: Report["verdict"];
  readonly code: string | null;
}

interface Case extends RuleCase {
  readonly group: "gate" | "rows";
}

/**
 * `junit.xml`, for CI: a suite for each cell, a case for each rule and for each row that is not right. What is too bad is
 * a failure, what could not be measured an error. What the gate puts up with is skipped, so that whoever counts failures
 * and errors comes to the gate's own verdict.
 */
export function junitReport(report: Report, examples: readonly Examples[]): string {
  const { app, verdict, error, cells } = report;
  const suites =
    cells.length > 0
      ? cells.map((cell, index) =>
          suiteOf(nameOf(cell), casesOf(report, cell, examples[index] ?? NO_EXAMPLES)),
        )
      : [suiteOf(app, [{ ...unmeasured({ verdict, code: error?.code ?? null }), group: "gate" }])];
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
  { policy, verdict }: Report,
  cell: ReportCell,
  { wrong }: Examples,
): readonly Case[] {
  const { judgement, evidence } = cell;
  const rules = evidence === null ? [unmeasured(judgement)] : ruleCases(judgement, policy);
  const all: readonly Case[] = [
    ...rules.map((rule) => ({ ...rule, group: "gate" as const })),
    ...wrong.map(rowCase),
  ];
  if (verdict?.outcome === "passed") return all.map(putUpWith);
  const isHeld = judgement.verdict.outcome === "passed";
  return isHeld ? all.map(putUpWith) : all;
}

function unmeasured({ verdict, code }: Unmeasured): RuleCase {
  const message = verdict?.reasons[0] ?? "";
  return { name: "the runs were measured", end: "error", type: code ?? "error", message };
}

function rowCase(row: RowExample): Case {
  const { line, outcome, node, grade, error } = row;
  const where = node === null ? "" : ` in node ${node}`;
  const what = error ?? (grade === null ? null : `graded ${grade}`);
  return {
    name: `row ${line}`,
    group: "rows",
    end: outcome === "incorrect" ? "failure" : "error",
    type: outcome,
    message: `${outcome}${where}${what === null ? "" : `: ${what}`}`,
  };
}

/** The gate passes with it: because rows may be wrong, or because another variant wins. */
function putUpWith(one: Case): Case {
  if (one.end !== "failure" && one.end !== "error") return one;
  return { ...one, end: "skipped", message: `${one.message}; the gate passes all the same` };
}

function nameOf({ variant, dataset }: ReportCell): string {
  return variant === null ? dataset : `${variant} on ${dataset}`;
}
