import { aRow, rowsOf, verdictOn } from "#kit/gate-rows.ts";
import type { Situation } from "./situation.ts";

/** What it says beside the deployment that serves. */
export const ABOUT_DROPS: readonly Situation[] = [
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
    reasons: [
      "accuracy is not compared with what serves today: the gate that these rows were measured for has no maxDrop, so what served then was not looked up; a rule with maxDrop, also with reportOnly, has that done from the next pipeline on",
    ],
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
    // Tango's score at 0.1 over one row is −0.0176527, and (1.959964 / 0.0176527)² = 12327.3.
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
    // Student's drop is -0.5 ± 0.447. Rows that were not seen move 1 − 0.025^(1/8) = 0.369 of 3: together 1.195. Over 20 rows 0.564, over 21 0.541.
    reasons: [
      "tone is 0.5 above that of fg-1, not decided: 8 rows do not rule out rare rows far from the others",
      "what next: about 21 rows like these 8 would decide",
    ],
  },
  {
    what: "a drop that is only reported",
    verdict: () =>
      verdictOn(
        { metrics: [{ name: "accuracy", maxDrop: 0.1, reportOnly: true }] },
        rowsOf("ccci"),
        { before: rowsOf("cccc") },
      ),
    outcome: "passed",
    reasons: [
      "accuracy is 0.75 over 4 rows (3 right, 1 wrong), only reported",
      "accuracy is 0.25 below that of fg-1, only reported",
      "newly broken: row 3",
    ],
  },
  {
    what: "more broken than fixed",
    verdict: () =>
      verdictOn({ metrics: [{ name: "accuracy", maxDrop: 0.1 }] }, rowsOf("cciiicccc"), {
        before: rowsOf("ccccciicc"),
      }),
    outcome: "failed",
    // 3 − 2 of 9 rows.
    reasons: [
      "accuracy is 0.111 below that of fg-1, a drop of more than 0.1",
      "newly broken: rows 2, 3 and 4; 2 are newly right",
      "not right: rows 2, 3 and 4",
      "what next: bring accuracy to no more than 0.1 below that of fg-1",
    ],
  },
];
