import { describe, expect, test } from "vitest";
import { couldNotMeasure } from "#domain/gate/judge.ts";
import { GatePolicy } from "#domain/gate/policy.ts";
import type { Row, Verdict } from "#domain/pipeline.ts";
import { aRow, rowsOf, verdictOn } from "#kit/gate-rows.ts";

interface Situation {
  readonly what: string;
  readonly verdict: () => Verdict;
  readonly outcome: Verdict["outcome"];
  readonly reasons: readonly string[];
}

function withInputs(rows: readonly Row[], inputs: (line: number) => Row["inputs"]): Row[] {
  return rows.map((row) => ({ ...row, inputs: inputs(row.line) }));
}

/** Every sentence that a verdict can say, and where it stands among the others; that of variants is in contest.test.ts. */
const SITUATIONS: readonly Situation[] = [
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
    what: "too many failed rows, the first with its node",
    verdict: () =>
      verdictOn({}, [
        ...rowsOf("cccc"),
        aRow(4, { outcome: "runError", node: "fetch", errorType: "KeyError" }),
      ]),
    outcome: "error",
    reasons: [
      "1 of 5 rows failed, more than the 5 % that maxErrorRate allows; the first is row 4 in node fetch (KeyError)",
      "not right: row 4",
      "what next: mend what fails in these rows, or allow more of them with gate.maxErrorRate",
    ],
  },
  {
    what: "too many missing rows",
    verdict: () => verdictOn({}, rowsOf("cccm")),
    outcome: "error",
    reasons: [
      "1 of 4 rows failed, more than the 5 % that maxErrorRate allows",
      "not right: row 3",
      "what next: mend what fails in these rows, or allow more of them with gate.maxErrorRate",
    ],
  },
  {
    what: "too few rows",
    verdict: () => verdictOn({ minRows: 20 }, rowsOf("ccc")),
    outcome: "inconclusive",
    reasons: [
      "3 rows are too few: the gate asks for 20",
      "accuracy is 1 over 3 rows (3 right, 0 wrong), at least 0.6",
      "what next: about 20 rows like these 3 would decide",
    ],
  },
  {
    what: "a golden row that is wrong",
    verdict: () =>
      verdictOn(
        { golden: "data.golden" },
        withInputs(rowsOf("ccccci"), (line) => ({ golden: line > 3 })),
      ),
    outcome: "failed",
    reasons: [
      "accuracy is 0.833 over 6 rows (5 right, 1 wrong), at least 0.6",
      "1 of 2 golden rows is not right: row 5",
      "not right: row 5",
      "what next: every golden row has to be right",
    ],
  },
  {
    what: "golden rows that are right",
    verdict: () =>
      verdictOn(
        { golden: "data.golden" },
        withInputs(rowsOf("ccccci"), (line) => ({ golden: line === 3 })),
      ),
    outcome: "passed",
    reasons: [
      "accuracy is 0.833 over 6 rows (5 right, 1 wrong), at least 0.6",
      "the golden row is right",
    ],
  },
  {
    what: "no golden rows",
    verdict: () => verdictOn({ golden: "data.golden" }, rowsOf("cc")),
    outcome: "error",
    reasons: [
      "no row of the dataset has data.golden true, so gate.golden asks for nothing",
      "what next: mark the golden rows in the dataset, or take gate.golden out",
    ],
  },
  {
    what: "slices below their min",
    verdict: () =>
      verdictOn(
        { slices: [{ by: "data.kind", min: 0.8, minRows: 2 }] },
        withInputs(rowsOf("cccccciicci"), (line) => ({
          kind: line > 8 ? "web" : line > 4 ? "app" : line === 4 ? null : "pdf",
        })),
      ),
    outcome: "failed",
    reasons: [
      "accuracy is 0.727 over 11 rows (8 right, 3 wrong), at least 0.6",
      'accuracy where data.kind is "app" is 0.5 over 4 rows (2 right), below 0.8',
      'accuracy where data.kind is "web" is 0.5 over 2 rows (1 right), below 0.8',
      "accuracy is at least 0.8 in 1 slice by data.kind",
      "not right: rows 6, 7 and 10",
      'what next: 4 of the 4 rows where data.kind is "app" have to be right, 2 more than now',
      'what next: 2 of the 2 rows where data.kind is "web" have to be right, 1 more than now',
    ],
  },
  {
    what: "a slice too small to be judged",
    verdict: () =>
      verdictOn(
        { slices: [{ by: "data.kind", min: 0.8, minRows: 2 }] },
        withInputs(rowsOf("cccccci"), (line) => ({ kind: line > 5 ? "web" : "pdf" })),
      ),
    outcome: "passed",
    reasons: [
      "accuracy is 0.857 over 7 rows (6 right, 1 wrong), at least 0.6",
      "accuracy is at least 0.8 in 1 slice by data.kind",
      'accuracy where data.kind is "web" is 0 over 1 row (0 right), below 0.8, not judged: fewer than 2 rows',
    ],
  },
  {
    what: "slices that are not decided",
    verdict: () =>
      verdictOn(
        {
          slices: [{ by: "data.kind", min: 0.5 }],
          metrics: [{ name: "accuracy", min: 0.1 }],
          confidence: 0.95,
        },
        withInputs(rowsOf("cccccccci"), (line) => ({ kind: line % 2 ? "web" : "pdf" })),
      ),
    outcome: "inconclusive",
    reasons: [
      "accuracy is 0.889 over 9 rows (8 right, 1 wrong), at least 0.1",
      'accuracy where data.kind is "pdf" is 0.8 over 5 rows (4 right), not decided: the interval 0.376 to 0.964 includes the bound',
      'accuracy where data.kind is "web" is 1 over 4 rows (4 right), not decided: over 4 rows, a flow exactly at the bound comes out so too often by chance',
      "not right: row 8",
      "what next: about 20 rows like these 9 would decide",
    ],
  },
  {
    what: "a column that no row has",
    verdict: () => verdictOn({ slices: [{ by: "data.kind", min: 0.8 }] }, rowsOf("cc")),
    outcome: "error",
    reasons: [
      "no row of the dataset has data.kind, which gate.slices names",
      "what next: let gate.slices name a column of the dataset",
    ],
  },
  {
    what: "a column of too many values",
    verdict: () =>
      verdictOn(
        { slices: [{ by: "data.id", min: 0.8 }] },
        withInputs(rowsOf("c".repeat(101)), (line) => ({ id: line })),
      ),
    outcome: "error",
    reasons: [
      "data.id has more than 100 different values, too many to slice by",
      "what next: let gate.slices name a column with few values",
    ],
  },
  {
    what: "a drop within its bound",
    verdict: () =>
      verdictOn({ metrics: [{ name: "accuracy", maxDrop: 0.1 }] }, rowsOf("cciicccccc"), {
        before: rowsOf("ccccccccic"),
      }),
    outcome: "passed",
    reasons: ["accuracy is 0.1 below that of fg-1, a drop of at most 0.1"],
  },
  {
    what: "more than the baseline",
    verdict: () =>
      verdictOn({ metrics: [{ name: "accuracy", maxDrop: 0.1 }] }, rowsOf("cccccccccc"), {
        before: rowsOf("ccccccccic"),
      }),
    outcome: "passed",
    reasons: ["accuracy is 0.1 above that of fg-1"],
  },
  {
    what: "the same as the baseline",
    verdict: () =>
      verdictOn({ metrics: [{ name: "accuracy", maxDrop: 0.1 }] }, rowsOf("cccc"), {
        before: rowsOf("cccc"),
      }),
    outcome: "passed",
    reasons: ["accuracy equals that of fg-1"],
  },
  {
    what: "no baseline",
    verdict: () =>
      verdictOn(
        {
          metrics: [
            { name: "accuracy", min: 0.6 },
            { name: "accuracy", maxDrop: 0.1 },
          ],
        },
        rowsOf("cccc"),
        { baseline: { none: "nothing serves yet" } },
      ),
    outcome: "passed",
    reasons: [
      "accuracy is 1 over 4 rows (4 right, 0 wrong), at least 0.6",
      "accuracy is not compared with what serves today: nothing serves yet",
    ],
  },
  {
    what: "a baseline that nobody looked up",
    verdict: () => verdictOn({ metrics: [{ name: "accuracy", maxDrop: 0.1 }] }, rowsOf("cccc"), {}),
    outcome: "passed",
    reasons: ["accuracy is not compared with what serves today: no stored rows were looked up"],
  },
  {
    what: "a logged metric that dropped too far",
    verdict: () =>
      verdictOn({ metrics: [{ name: "tone", maxDrop: 0.1 }] }, rowsOf("cccc"), {
        baseline: { deployment: "fg-1", logged: { tone: 4.5 } },
        before: rowsOf("cccc"),
        finite: { tone: 4.3 },
      }),
    outcome: "failed",
    reasons: [
      "tone is 0.2 below that of fg-1, a drop of more than 0.1",
      "what next: bring tone to no more than 0.1 below that of fg-1",
    ],
  },
  {
    what: "a metric that the baseline lacks",
    verdict: () =>
      verdictOn({ metrics: [{ name: "tone", maxDrop: 0.1 }] }, rowsOf("cccc"), {
        before: rowsOf("cccc"),
        finite: { tone: 4.3 },
      }),
    outcome: "passed",
    reasons: ["tone is not compared with what serves today: fg-1 was evaluated without it"],
  },
  {
    what: "a drop that is not decided",
    verdict: () =>
      verdictOn(
        { metrics: [{ name: "accuracy", maxDrop: 0.1 }], confidence: 0.95 },
        rowsOf("ccciicccccc"),
        { before: rowsOf("cccccccciccc") },
      ),
    outcome: "inconclusive",
    reasons: [
      "accuracy is 0.091 below that of fg-1, not decided: the interval of the drop, -0.261 to 0.424, includes 0.1",
      "newly broken: rows 3 and 4; 1 is newly right",
      "not right: rows 3 and 4",
      "what next: about 12328 rows like these 11 would decide",
    ],
  },
  {
    what: "a baseline without all rows",
    verdict: () =>
      verdictOn({ metrics: [{ name: "accuracy", maxDrop: 0.1 }] }, rowsOf("ccc"), {
        before: rowsOf("cc"),
      }),
    outcome: "passed",
    reasons: [
      "accuracy is not compared with what serves today: the stored rows of fg-1 lack 1 of the dataset's",
    ],
  },
  {
    what: "rows that do not come out alike",
    verdict: () =>
      verdictOn(
        { repeats: 3 },
        rowsOf("ccc").map((row) => ({
          ...row,
          repeats: [
            { outcome: "correct" },
            { outcome: row.line === 1 ? "incorrect" : "correct" },
            { outcome: "correct" },
          ],
        })),
      ),
    outcome: "passed",
    reasons: [
      "accuracy is 1 over 3 rows (3 right, 0 wrong), at least 0.6",
      "1 row did not come out alike in 3 repeats: row 1",
    ],
  },
  {
    what: "fewer repeats than were asked for",
    verdict: () =>
      verdictOn(
        { repeats: 3 },
        rowsOf("ccc").map((row) => ({
          ...row,
          repeats: [{ outcome: "correct" }, { outcome: "correct" }],
        })),
      ),
    outcome: "passed",
    reasons: [
      "accuracy is 1 over 3 rows (3 right, 0 wrong), at least 0.6",
      "judged on 2 repeats of the 3 that the gate asks for",
    ],
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
    what: "a drop of a mean that is not that of the rows",
    verdict: () =>
      verdictOn(
        { metrics: [{ name: "tone", maxDrop: 0.1 }], confidence: 0.95 },
        Array.from({ length: 60 }, (_, line) => aRow(line, { evaluation: { tone: 3 } })),
        {
          baseline: { deployment: "fg-1", logged: { tone: 3 } },
          before: Array.from({ length: 60 }, (_, line) => aRow(line, { evaluation: { tone: 3 } })),
          finite: { tone: 2.95 },
        },
      ),
    outcome: "inconclusive",
    reasons: [
      "tone is 0.05 below that of fg-1, not decided: no interval is known for it",
      "what next: no number of rows like these would decide; the figure is too close to its bound, or has no interval",
      "warning: the evaluation run logged tone 2.95, the mean of its rows' tone is 3: no interval is known for it",
    ],
  },
  {
    what: "a drop of a mean whose interval clears its bound, over few rows",
    verdict: () =>
      verdictOn(
        { metrics: [{ name: "tone", maxDrop: 0.05 }], confidence: 0.95 },
        [1, 2, 1, 2, 1, 2, 1, 2].map((more, line) =>
          aRow(line, { evaluation: { tone: 2 + more } }),
        ),
        {
          baseline: { deployment: "fg-1", logged: { tone: 3 } },
          before: Array.from({ length: 8 }, (_, line) => aRow(line, { evaluation: { tone: 3 } })),
          finite: { tone: 3.5 },
        },
      ),
    outcome: "inconclusive",
    // Student's drop is -0.5 ± 0.447. Rows that were not seen move 1 − 0.025^(1/8) = 0.369: together 0.580, over nine rows 0.531.
    reasons: [
      "tone is 0.5 above that of fg-1, not decided: 8 rows do not rule out rare rows far from the others",
      "what next: about 9 rows like these 8 would decide",
    ],
  },
  {
    what: "more wrong rows than are listed",
    verdict: () => verdictOn({}, rowsOf("i".repeat(12))),
    outcome: "failed",
    reasons: [
      "accuracy is 0 over 12 rows (0 right, 12 wrong), below 0.6",
      "not right: rows 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more",
      "what next: 8 of the 12 rows have to be right, 8 more than now",
    ],
  },
];

describe("what a verdict says of", () => {
  test.each(SITUATIONS)("$what", ({ verdict, outcome, reasons }) => {
    expect(verdict()).toMatchObject({ outcome, reasons });
  });
});

const notPassed = SITUATIONS.filter(({ outcome }) => outcome !== "passed");

describe("without further reading, why and what next", () => {
  test.each(notPassed)("$what", ({ verdict }) => {
    const { reasons } = verdict();

    // The figure, or which one is missing.
    expect(reasons[0]).toMatch(
      /\d|\b(not logged|no finite number|cannot be counted|not known|no row)\b/,
    );
    expect(reasons.filter((reason) => reason.startsWith("what next: "))).not.toEqual([]);
  });

  test.each(notPassed.filter(({ reasons }) => / (wrong|failed|missing)\b/.test(reasons[0] ?? "")))(
    "which rows: $what",
    ({ verdict }) => {
      const { reasons, rows } = verdict();
      const isAllRight = rows?.correct === rows?.expected;

      expect(isAllRight || reasons.some((reason) => /not right: rows? \d/.test(reason))).toBe(true);
    },
  );
});

test("a pipeline that broke earlier names each metric that is missing once, but none of its own usage", () => {
  const policy = GatePolicy.parse({
    metrics: [
      { name: "tone", min: 3 },
      { name: "tone", max: 5 },
      { name: "latencyP95Ms", max: 10 },
      { name: "cost", reportOnly: true },
    ],
  });

  expect(couldNotMeasure(policy, "The base run failed.").reasons).toEqual([
    "The base run failed.",
    "tone was not logged by the evaluation run",
  ]);
});
