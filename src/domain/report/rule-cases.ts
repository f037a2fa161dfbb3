import type { GatePolicy, SliceRule } from "#domain/gate/policy.ts";
import type { MetricVerdict } from "#domain/pipeline.ts";
import type { ReportCell } from "./report.ts";

/** How one rule of the gate came out, in the words of a test report. */
export interface RuleCase {
  readonly name: string;
  readonly end: "passed" | "failure" | "error" | "skipped";
  /** Of a failure or an error. */
  readonly type: string;
  readonly message: string;
}

type Judgement = ReportCell["judgement"];

/** A case for each rule of a cell that was measured; entries of one metric are one case. */
export function ruleCases(judgement: Judgement, policy: GatePolicy): readonly RuleCase[] {
  return [
    ...Object.entries(judgement.verdict.metrics).map((entry) => metricCase(judgement, ...entry)),
    ...policy.slices.map((rule) => sliceCase(judgement, rule)),
    ...goldenCase(judgement, policy),
    errorRateCase(judgement, policy),
    ...minRowsCase(judgement, policy),
  ];
}

function metricCase(judgement: Judgement, name: string, metric: MetricVerdict): RuleCase {
  const { min, max, maxDrop, reportOnly, ok, value } = metric;
  const asked = [
    ...(min === undefined ? [] : [`at least ${min}`]),
    ...(max === undefined ? [] : [`at most ${max}`]),
    ...(maxDrop === undefined ? [] : [`at most ${maxDrop} lower`]),
  ];
  const title = [name, asked.join(", ")].filter(Boolean).join(": ");
  const message = reasonsAbout(
    judgement,
    (reason) => reason.startsWith(`${name} `) && !OF_SLICES.test(reason),
  );
  if (reportOnly) return { name: title, end: "skipped", type: "", message: "only reported" };
  if (ok) return passed(title);
  return value === null ? unmeasured(title, message) : tooBad(judgement, title, message);
}

function sliceCase(judgement: Judgement, { by, min }: SliceRule): RuleCase {
  const name = `slices by ${by}: at least ${min}`;
  const { slices = [] } = judgement.verdict;
  const judged = slices.filter((slice) => slice.by === by && slice.min === min);
  if (judged.length === 0) {
    return unmeasured(
      name,
      reasonsAbout(judgement, (reason) => reason.includes(by)),
    );
  }
  if (judged.every(({ ok }) => ok)) return passed(name);
  const isAbout = (reason: string) => reason.startsWith(`accuracy where ${by} is `);
  return tooBad(judgement, name, reasonsAbout(judgement, isAbout));
}

function goldenCase(judgement: Judgement, { golden: reference }: GatePolicy): readonly RuleCase[] {
  const { golden } = judgement.verdict;
  if (reference === undefined || golden === undefined) return [];
  const name = `golden rows by ${reference}: all right`;
  if (golden.rows === 0) {
    return [
      unmeasured(
        name,
        reasonsAbout(judgement, (reason) => reason.includes(reference)),
      ),
    ];
  }
  if (golden.wrong.length === 0) return [passed(name)];
  const message = reasonsAbout(judgement, (reason) =>
    / golden rows? (is|are) not right/.test(reason),
  );
  return [tooBad(judgement, name, message)];
}

function errorRateCase({ code, verdict }: Judgement, { maxErrorRate }: GatePolicy): RuleCase {
  const name = `share of rows that fail: at most ${maxErrorRate}`;
  if (code !== "ROWS_FAILED") return passed(name);
  return { name, end: "error", type: code, message: verdict.reasons[0] ?? "" };
}

function minRowsCase(
  { verdict: { rows, reasons } }: Judgement,
  { minRows }: GatePolicy,
): readonly RuleCase[] {
  const name = `rows: at least ${minRows}`;
  if (rows === null || rows.expected >= minRows) return [passed(name)];
  return [{ name, end: "failure", type: "inconclusive", message: reasons[0] ?? "" }];
}

/** Sentences about slices begin with the name of a metric, too. */
const OF_SLICES = /^accuracy (where |is at least .+ slices? by )/;

/** Without any reason of its own, the gate's first one. */
function reasonsAbout({ verdict }: Judgement, isAbout: (reason: string) => boolean): string {
  const { reasons } = verdict;
  const own = reasons.filter(isAbout);
  return own.length > 0 ? own.join("; ") : (reasons[0] ?? "");
}

function passed(name: string): RuleCase {
  return { name, end: "passed", type: "", message: "" };
}

function unmeasured(name: string, message: string): RuleCase {
  return { name, end: "error", type: "error", message };
}

/** With `inconclusive` no rule is known to fail: those that do not hold are open. */
function tooBad({ verdict }: Judgement, name: string, message: string): RuleCase {
  const type = verdict.outcome === "inconclusive" ? "inconclusive" : "failed";
  return { name, end: "failure", type, message };
}
