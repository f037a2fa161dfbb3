import { aRow, rowsOf, verdictOn } from "#kit/gate-rows.ts";
import type { Situation } from "./situation.ts";

/** What the gate says of figures and their bounds. */
export const ABOUT_METRICS: readonly Situation[] = [
  {
    what: "a share that holds",
    verdict: () => verdictOn({}, rowsOf("cccccccci")),
    outcome: "passed",
    reasons: ["accuracy is 0.889 over 9 rows (8 right, 1 wrong), at least 0.6"],
  },
  {
    what: "a share below its bound",
    verdict: () => verdictOn({ maxErrorRate: 0.5 }, rowsOf("cciiicrm")),
    outcome: "failed",
    reasons: [
      "accuracy is 0.375 over 8 rows (3 right, 3 wrong, 1 failed, 1 missing), below 0.6",
      "not right: rows 2, 3, 4, 6 and 7",
      "what next: 5 of the 8 rows have to be right, 2 more than now",
    ],
  },
  {
    what: "a metric above its max",
    verdict: () =>
      verdictOn({ metrics: [{ name: "cost", max: 2 }] }, rowsOf("cc"), { finite: { cost: 3 } }),
    outcome: "failed",
    reasons: ["cost is 3, above 2", "what next: bring cost to at most 2"],
  },
  {
    what: "a metric within both bounds",
    verdict: () =>
      verdictOn({ metrics: [{ name: "cost", min: 1, max: 2 }] }, rowsOf("cc"), {
        finite: { cost: 1.5 },
      }),
    outcome: "passed",
    reasons: ["cost is 1.5, at least 1 and at most 2"],
  },
  {
    what: "an interval that includes the bound",
    verdict: () => verdictOn({ confidence: 0.95 }, rowsOf("ccccccccci")),
    outcome: "inconclusive",
    // Wilson: 10 of 11 begin at 0.623; at 0.6 that many are right 11 × 0.6^10 × 0.4 + 0.6^11 = 0.030 of the time.
    reasons: [
      "accuracy is 0.9 over 10 rows (9 right, 1 wrong), not decided: the interval 0.596 to 0.982 includes the bound",
      "not right: row 9",
      "what next: about 11 rows like these 10 would decide",
    ],
  },
  {
    what: "an interval below the bound",
    verdict: () => verdictOn({ confidence: 0.95 }, rowsOf("iiiiiiiiic")),
    outcome: "failed",
    // Wilson: 1 of 10 ends at 0.404; 9 of 10 begin at 0.596, 10 of 10 at 0.722.
    reasons: [
      "accuracy is 0.1 over 10 rows (1 right, 9 wrong), below 0.6",
      "not right: rows 0, 1, 2, 3, 4, 5, 6, 7 and 8",
      "what next: 10 of the 10 rows have to be right, 9 more than now",
    ],
  },
  {
    what: "a metric without values of rows, with a confidence",
    verdict: () =>
      verdictOn({ metrics: [{ name: "tone", min: 3 }], confidence: 0.95 }, rowsOf("cc"), {
        finite: { tone: 4 },
      }),
    outcome: "inconclusive",
    reasons: [
      "tone is 4, not decided: no interval is known for it",
      "what next: no number of rows like these would decide; the figure is too close to its bound, or has no interval",
    ],
  },
  {
    what: "a figure that is only reported",
    verdict: () =>
      verdictOn(
        {
          metrics: [
            { name: "accuracy", min: 0.6 },
            { name: "tone", min: 3, reportOnly: true },
          ],
        },
        rowsOf("cc"),
        { finite: { tone: 2 } },
      ),
    outcome: "passed",
    reasons: [
      "accuracy is 1 over 2 rows (2 right, 0 wrong), at least 0.6",
      "tone is 2, only reported",
    ],
  },
  {
    what: "no figure, only reported",
    verdict: () =>
      verdictOn(
        {
          metrics: [
            { name: "accuracy", min: 0.6 },
            { name: "tone", reportOnly: true },
          ],
        },
        rowsOf("cc"),
      ),
    outcome: "passed",
    reasons: [
      "accuracy is 1 over 2 rows (2 right, 0 wrong), at least 0.6",
      "tone was not logged by the evaluation run (only reported, so nothing depends on it)",
    ],
  },
  {
    what: "a metric that was not logged",
    verdict: () => verdictOn({ metrics: [{ name: "tone", min: 3 }] }, rowsOf("ci")),
    outcome: "error",
    reasons: [
      "tone was not logged by the evaluation run",
      "the evaluation run logged accuracy; name that in gate.metrics, or log what stands there in an aggregation node (log_metric)",
      "what next: let the evaluation flow log a finite number as tone, with log_metric",
    ],
  },
  {
    what: "a metric that was logged under another name",
    verdict: () =>
      verdictOn({ metrics: [{ name: "tone", min: 3 }] }, rowsOf("ci"), { finite: { mood: 4 } }),
    outcome: "error",
    reasons: [
      "tone was not logged by the evaluation run",
      "the evaluation run logged accuracy, mood; name that in gate.metrics, or log what stands there in an aggregation node (log_metric)",
      "what next: let the evaluation flow log a finite number as tone, with log_metric",
    ],
  },
  {
    what: "a metric that is no number",
    verdict: () =>
      verdictOn({ metrics: [{ name: "tone", min: 3 }] }, rowsOf("ci"), {
        malformed: { tone: "null" },
      }),
    outcome: "error",
    reasons: [
      "tone was logged as null, which is no finite number",
      "what next: let the evaluation flow log a finite number as tone, with log_metric",
    ],
  },
  {
    what: "an output that no row has",
    verdict: () => verdictOn({ correct: { output: "right", equals: true } }, rowsOf("ii")),
    outcome: "error",
    reasons: [
      "accuracy cannot be counted: no row of the evaluation run has the output that gate.correct names",
      "what next: let gate.correct name an output of the evaluation flow",
    ],
  },
  {
    what: "usage that the run does not report",
    verdict: () => verdictOn({ metrics: [{ name: "latencyP95Ms", max: 10 }] }, rowsOf("cc")),
    outcome: "error",
    reasons: [
      "latencyP95Ms is not known: the base run did not report it for every row that it answered",
      "what next: take latencyP95Ms out of gate.metrics, or run where it is reported",
    ],
  },
  {
    what: "usage above its max",
    verdict: () =>
      verdictOn(
        { metrics: [{ name: "latencyP95Ms", max: 10 }] },
        rowsOf("cc", { latencyMs: 12.3 }),
      ),
    outcome: "failed",
    reasons: ["latencyP95Ms is 13, above 10", "what next: bring latencyP95Ms to at most 10"],
  },
  {
    what: "another share logged over the same rows",
    verdict: () => verdictOn({}, rowsOf("cccc"), { finite: { accuracy: 0.5 } }),
    outcome: "passed",
    reasons: [
      "accuracy is 1 over 4 rows (4 right, 0 wrong), at least 0.6",
      "warning: the evaluation run logged accuracy 0.5 over the same rows; gate.correct may not name what it calls right",
    ],
  },
  {
    what: "a share logged over fewer rows",
    verdict: () => verdictOn({ maxErrorRate: 0.5 }, rowsOf("cccr"), { finite: { accuracy: 1 } }),
    outcome: "passed",
    reasons: [
      "accuracy is 0.75 over 4 rows (3 right, 0 wrong, 1 failed), at least 0.6",
      "warning: the evaluation run logged accuracy 1 over the 3 rows that reached it; the gate counts all 4",
    ],
  },
  {
    what: "a mean that is not that of the rows",
    verdict: () =>
      verdictOn(
        { metrics: [{ name: "tone", min: 3 }] },
        rowsOf("cc", { evaluation: { grade: "Correct", tone: 3 } }),
        { finite: { tone: 4 } },
      ),
    outcome: "passed",
    reasons: [
      "tone is 4, at least 3",
      "warning: the evaluation run logged tone 4, the mean of its rows' tone is 3: no interval is known for it",
    ],
  },
  {
    what: "a mean that is not decided",
    verdict: () =>
      verdictOn(
        { metrics: [{ name: "tone", min: 3 }], confidence: 0.95 },
        rowsOf("cccccc").map((row) => ({ ...row, evaluation: { tone: (row.line % 2) + 3 } })),
        { finite: { tone: 3.5 } },
      ),
    outcome: "inconclusive",
    // 2.5706 × √(0.3 / 6) = 0.575. Over 27 rows √(0.2167² + (3.5 × 0.1277)²) = 0.497, over 26 0.513.
    reasons: [
      "tone is 3.5, not decided: the interval 2.925 to 4.075 includes the bound",
      "what next: about 27 rows like these 6 would decide",
    ],
  },
  {
    what: "a mean whose interval clears its bound, over few rows",
    verdict: () =>
      verdictOn(
        { metrics: [{ name: "tone", min: 2.5 }], confidence: 0.95 },
        [3, 4, 5, 4, 2, 5, 4, 3].map((tone, line) => aRow(line, { evaluation: { tone } })),
        { finite: { tone: 3.75 } },
      ),
    outcome: "inconclusive",
    reasons: [
      "tone is 3.75, not decided: 8 rows do not rule out rare rows far from the others",
      "what next: about 12 rows like these 8 would decide",
    ],
  },
  {
    what: "a share whose interval clears its bound, over few rows",
    verdict: () =>
      verdictOn({ metrics: [{ name: "accuracy", min: 0.5 }], confidence: 0.95 }, rowsOf("cccc")),
    outcome: "inconclusive",
    // Half of four rows right or better: 0.5^4 = 0.0625; of five: 0.03125.
    reasons: [
      "accuracy is 1 over 4 rows (4 right, 0 wrong), not decided: over 4 rows, a flow exactly at the bound comes out so too often by chance",
      "what next: about 5 rows like these 4 would decide",
    ],
  },
  {
    what: "a metric below its min",
    verdict: () =>
      verdictOn({ metrics: [{ name: "tone", min: 3 }] }, rowsOf("cc"), { finite: { tone: 2 } }),
    outcome: "failed",
    reasons: ["tone is 2, below 3", "what next: bring tone to at least 3"],
  },
  {
    what: "a metric at its max",
    verdict: () =>
      verdictOn({ metrics: [{ name: "cost", max: 2 }] }, rowsOf("cc"), { finite: { cost: 2 } }),
    outcome: "passed",
    reasons: ["cost is 2, at most 2"],
  },
];
