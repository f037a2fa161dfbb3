import { aRow, rowsOf, verdictOn, withInputs } from "#kit/gate-rows.ts";
import type { Situation } from "./situation.ts";

/** What it says of rows: failed, too few, golden, sliced, repeated. */
export const ABOUT_ROWS: readonly Situation[] = [
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
    // Of pdf 9 of 11 would do: 0.523 at least, and (55 + 11 + 1) / 2048 = 0.033; 11 / 5 × 9 = 19.8. Of web 5 of 5: 5 / 4 × 9 = 11.25.
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
    what: "more wrong rows than are listed",
    verdict: () => verdictOn({}, rowsOf("i".repeat(12))),
    outcome: "failed",
    reasons: [
      "accuracy is 0 over 12 rows (0 right, 12 wrong), below 0.6",
      "not right: rows 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more",
      "what next: 8 of the 12 rows have to be right, 8 more than now",
    ],
  },
  {
    what: "too many failed rows, in no node",
    verdict: () => verdictOn({}, [...rowsOf("ccc"), aRow(3, { outcome: "evalError" })]),
    outcome: "error",
    reasons: [
      "1 of 4 rows failed, more than the 5 % that maxErrorRate allows; the first is row 3",
      "not right: row 3",
      "what next: mend what fails in these rows, or allow more of them with gate.maxErrorRate",
    ],
  },
  {
    what: "one row, where more are asked for",
    verdict: () => verdictOn({ minRows: 2 }, rowsOf("c")),
    outcome: "inconclusive",
    reasons: [
      "1 row is too few: the gate asks for 2",
      "accuracy is 1 over 1 row (1 right, 0 wrong), at least 0.6",
      "what next: about 2 rows like this one would decide",
    ],
  },
  {
    what: "several golden rows that are wrong",
    verdict: () =>
      verdictOn(
        { golden: "data.golden", metrics: [{ name: "accuracy", min: 0.5 }] },
        withInputs(rowsOf("cccii"), (line) => ({ golden: line > 1 })),
      ),
    outcome: "failed",
    reasons: [
      "accuracy is 0.6 over 5 rows (3 right, 2 wrong), at least 0.5",
      "2 of 3 golden rows are not right: rows 3 and 4",
      "not right: rows 3 and 4",
      "what next: every golden row has to be right",
    ],
  },
  {
    what: "several golden rows that are right",
    verdict: () =>
      verdictOn(
        { golden: "data.golden" },
        withInputs(rowsOf("ccc"), (line) => ({ golden: line > 0 })),
      ),
    outcome: "passed",
    reasons: [
      "accuracy is 1 over 3 rows (3 right, 0 wrong), at least 0.6",
      "all 2 golden rows are right",
    ],
  },
  {
    what: "a slice of rows without the column",
    verdict: () =>
      verdictOn(
        { slices: [{ by: "data.kind", min: 0.5 }] },
        withInputs(rowsOf("ccci"), (line) => ({ kind: line < 3 ? "pdf" : null })),
      ),
    outcome: "failed",
    reasons: [
      "accuracy is 0.75 over 4 rows (3 right, 1 wrong), at least 0.6",
      "accuracy where data.kind is not there is 0 over 1 row (0 right), below 0.5",
      "accuracy is at least 0.5 in 1 slice by data.kind",
      "not right: row 3",
      "what next: 1 of the 1 row where data.kind is not there has to be right, 1 more than now",
    ],
  },
  {
    what: "runs that say of themselves what their lines do not show",
    verdict: () =>
      verdictOn({}, rowsOf("cccc"), {
        troubles: [
          { run: "base", claimed: 1, shown: 0, node: null, type: null },
          { run: "base", claimed: 3, shown: 2, node: null, type: null },
          { run: "base", claimed: 0, shown: 0, node: "ask", type: "KeyError" },
          { run: "evaluation", claimed: 2, shown: 2, node: null, type: null },
        ],
      }),
    outcome: "passed",
    reasons: [
      "accuracy is 1 over 4 rows (4 right, 0 wrong), at least 0.6",
      "warning: the base run says that 1 of its lines failed, and 0 show it; the gate counts 1",
      "warning: the base run says that 3 of its lines failed, and 2 show it; the gate counts 3",
      "warning: the base run completed with an error in node ask (KeyError), which is none of its lines'",
      "warning: the evaluation run completed with an error, which is none of its lines'",
    ],
  },
  {
    what: "only one repeat of those that were asked for",
    verdict: () => verdictOn({ repeats: 3 }, rowsOf("cc")),
    outcome: "passed",
    reasons: [
      "accuracy is 1 over 2 rows (2 right, 0 wrong), at least 0.6",
      "judged on 1 repeat of the 3 that the gate asks for",
    ],
  },
];
