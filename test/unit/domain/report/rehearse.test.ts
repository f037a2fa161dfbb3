import { describe, expect, test } from "vitest";
import type { z } from "zod";
import { GatePolicy } from "#domain/gate/policy.ts";
import { compareGates } from "#domain/report/compare-gates.ts";
import { rehearse } from "#domain/report/rehearse.ts";
import { Report } from "#domain/report/report.ts";
import { aRow, rowsOf } from "#kit/gate-rows.ts";
import { aCell, reportOf } from "#kit/reports.ts";

type Told = Parameters<typeof reportOf>[0];
type Gate = z.input<typeof GatePolicy>;

/** Through JSON, as it is stored. */
async function keptOf(told: Told) {
  const { report, stored } = await reportOf(told);
  return { report: Report.parse(JSON.parse(JSON.stringify(report))), stored };
}

const FAILED_RUN = {
  code: "RUN_FAILED",
  message: "The base run ended as Failed.",
  file: null,
  line: null,
  node: null,
} as const;
const compared = {
  deployment: "fg-1",
  pipeline: "old",
  variant: null,
  dataset: null,
  logged: { accuracy: 1 },
};
const repeats = [
  { outcome: "correct", evaluation: { grade: "Correct" } },
  { outcome: "incorrect", evaluation: { grade: "Incorrect" } },
] as const;

const TROUBLE = { run: "base", claimed: 0, shown: 0, node: null, type: null } as const;

const PIPELINES: readonly (readonly [string, Told])[] = [
  ["that passed", { cells: [aCell(rowsOf("ccci"))] }],
  ["that failed", { cells: [aCell(rowsOf("iiic"))] }],
  ["with a confidence", { gate: { confidence: 0.95 }, cells: [aCell(rowsOf("cccci"))] }],
  [
    "whose run counts more failed lines than it shows",
    {
      gate: { maxErrorRate: 0.5 },
      cells: [aCell(rowsOf("cccc"), { troubles: [{ ...TROUBLE, claimed: 2 }] })],
    },
  ],
  [
    "whose run ended in an error beside its lines",
    {
      cells: [aCell(rowsOf("cccc"), { troubles: [{ ...TROUBLE, node: "sum", type: "KeyError" }] })],
    },
  ],
  ["whose rows failed", { cells: [aCell(rowsOf("ccrem"))] }],
  [
    "whose metric is malformed",
    {
      cells: [aCell(rowsOf("cc"), { logged: { finite: {}, malformed: { accuracy: '"NaN"' } } })],
    },
  ],
  [
    "with slices and golden rows",
    {
      gate: { slices: [{ by: "data.kind", min: 0.5 }], golden: "data.must" },
      cells: [aCell(rowsOf("cci", { inputs: { kind: "a", must: "true" } }))],
    },
  ],
  [
    "against a baseline",
    {
      gate: { metrics: [{ name: "accuracy", min: 0.5, maxDrop: 0.1 }] },
      cells: [aCell(rowsOf("cici"), { baseline: compared })],
      others: { old: rowsOf("ccic") },
    },
  ],
  [
    "that found no baseline",
    {
      gate: { metrics: [{ name: "accuracy", min: 0.5, maxDrop: 0.1 }] },
      cells: [aCell(rowsOf("cici"), { baseline: { none: "nothing serves" } })],
    },
  ],
  [
    "with repeats",
    {
      gate: { repeats: 2, minPass: 1 },
      cells: [aCell([aRow(0, { repeats: [...repeats] }), aRow(1, { repeats: [...repeats] })])],
    },
  ],
  [
    "of variants and datasets, one of which could not run",
    {
      cells: [
        aCell(rowsOf("cccci"), { variant: "${a.one}", dataset: "one.jsonl" }),
        aCell(rowsOf("ccci"), { variant: "${a.one}", dataset: "two.jsonl" }),
        aCell(rowsOf("ccccc"), { variant: "${a.two}", dataset: "one.jsonl" }),
        { variant: "${a.two}", dataset: "two.jsonl", error: FAILED_RUN },
      ],
    },
  ],
  [
    "of two variants that their rows tell apart",
    {
      gate: { metrics: [{ name: "accuracy", min: 0.01 }], confidence: 0.95 },
      cells: [
        aCell(rowsOf("cccccccccciiiiiiiiii"), { variant: "${a.one}" }),
        aCell(rowsOf("cccccccccccccccciiii"), { variant: "${a.two}" }),
      ],
    },
  ],
  ["that could not measure", { cells: [], reason: "Line 2 of the dataset is no JSON object." }],
];

const TOLD_APART = PIPELINES.find(([name]) => name.includes("tell apart"));
const AGAINST_A_BASELINE = PIPELINES.find(([name]) => name === "against a baseline");

describe("rehearsing", () => {
  test.each(PIPELINES)("a pipeline %s with its own gate gives its own verdict", async (_, told) => {
    const { report, stored } = await keptOf(told);

    expect(report.verdict).not.toBeNull();
    expect(report.verdict?.reasons[0]).not.toBe("");
    if (report.cells.length === 0) {
      const { outcome, reasons } = await rehearse(report.policy, report, stored);
      expect([outcome, reasons[0]]).toEqual(["error", report.verdict?.reasons[0]]);
    } else {
      expect(await rehearse(report.policy, report, stored)).toEqual(report.verdict);
    }
  });

  test("more failed lines than a run shows count as failed by every gate", async () => {
    const { report, stored } = await keptOf({
      cells: [aCell(rowsOf("cccc"), { troubles: [{ ...TROUBLE, claimed: 2 }] })],
    });

    expect(await rehearse(GatePolicy.parse({ maxErrorRate: 1 }), report, stored)).toMatchObject({
      outcome: "failed",
      rows: { expected: 4, correct: 2, failed: 2 },
    });
  });

  test("another gate sees what the first one did not ask for", async () => {
    const { report, stored } = await keptOf({
      cells: [aCell(rowsOf("ccci", { inputs: { kind: "a" } }))],
    });
    const gate = GatePolicy.parse({
      correct: { output: "grade", equals: "Incorrect" },
      metrics: [{ name: "accuracy", min: 0 }],
      slices: [{ by: "data.kind", min: 0.5 }],
    });

    expect(await rehearse(gate, report, stored)).toMatchObject({
      outcome: "failed",
      rows: { correct: 1, incorrect: 3 },
      slices: [{ value: "a", correct: 1, ok: false }],
    });
  });

  test.each<[string, Gate]>([
    ["accuracy", { metrics: [{ name: "accuracy", maxDrop: 0.2 }] }],
    [
      "accuracy, with a confidence",
      { metrics: [{ name: "accuracy", maxDrop: 0.2 }], confidence: 0.9 },
    ],
    ["a logged metric", { metrics: [{ name: "tone", maxDrop: 0.4 }] }],
    [
      "a logged metric, with a confidence",
      { metrics: [{ name: "tone", maxDrop: 0.4 }], confidence: 0.9 },
    ],
  ])(
    "a gate that compares %s gives the verdict that it would have given, whatever the first one compared",
    async (_, gate) => {
      const toned = (rows: ReturnType<typeof rowsOf>, ...tones: number[]) =>
        rows.map((row, at) => ({ ...row, evaluation: { ...row.evaluation, tone: tones[at] } }));
      const finite = { accuracy: 0.5, tone: 3 };
      const baseline = { ...compared, logged: { accuracy: 0.75, tone: 3.5 } };
      const told = (first: Gate): Told => ({
        gate: first,
        cells: [
          aCell(toned(rowsOf("cici"), 3, 2, 4, 3), { baseline, logged: { finite, malformed: {} } }),
        ],
        others: { old: toned(rowsOf("ccic"), 4, 3, 4, 3) },
      });
      const { report, stored } = await keptOf(
        told({ metrics: [{ name: "accuracy", maxDrop: 1, reportOnly: true }] }),
      );

      const verdict = await rehearse(GatePolicy.parse(gate), report, stored);

      expect(verdict).toEqual((await keptOf(told(gate))).report.verdict);
      expect(Object.values(verdict.metrics)[0]?.drop).toBeGreaterThan(0);
    },
  );

  test("two variants are compared by what the new gate calls right", async () => {
    const { report, stored } = await keptOf(TOLD_APART?.[1] as Told);
    const { policy } = report;
    const saidBy = async (gate: GatePolicy) =>
      (await rehearse(gate, report, stored)).reasons.at(-1);

    expect(report.verdict?.reasons.at(-1)).toBe(
      "${a.two} is ahead of ${a.one} by accuracy: 6 of 20 rows are right only with ${a.two}, 0 only with ${a.one} (exact McNemar test: p = 0.031)",
    );
    expect(await saidBy({ ...policy, correct: { output: "grade", equals: "Incorrect" } })).toBe(
      "${a.one} is ahead of ${a.two} by accuracy: 6 of 20 rows are right only with ${a.one}, 0 only with ${a.two} (exact McNemar test: p = 0.031)",
    );
    expect(await saidBy({ ...policy, confidence: 0.97 })).toMatch(
      /^\$\{a.two\} and \$\{a.one\} are not distinguishable by accuracy: 6 of 20 rows /,
    );
    expect(await saidBy({ ...policy, confidence: 0 })).toMatch(/, at least 0.01$/);
  });

  test("a gate that asks for no baseline hears of none", async () => {
    const [, told] = AGAINST_A_BASELINE ?? [];
    const { report, stored } = await keptOf(told as Told);

    const verdict = await rehearse(GatePolicy.parse({}), report, stored);

    expect(report.verdict?.baseline).toMatchObject({ newlyBroken: [1, 3], newlyFixed: [2] });
    expect(verdict.baseline).toBeUndefined();
  });

  test("rows of the baseline that are gone are said, and not held against it", async () => {
    const { report, stored } = await keptOf(AGAINST_A_BASELINE?.[1] as Told);

    const verdict = await rehearse(report.policy, report, { ...stored, read: async () => null });

    expect(verdict.outcome).toBe("passed");
    expect(verdict.reasons).toContain(
      "accuracy is not compared with what serves today: the rows of fg-1 on this dataset are not there any more",
    );
  });

  test("rows that are gone are told, not judged", async () => {
    const { report, stored } = await keptOf({ cells: [aCell(rowsOf("cc"))] });
    const gone = { ...stored, readLast: async () => null };

    await expect(rehearse(report.policy, report, gone)).rejects.toMatchObject({
      code: "RESULTS_MISSING",
      message: "The rows of run 0 of shop-0123456789ab are not there any more.",
    });
  });

  test("of what another pipeline published, only the rows of the same variant and dataset count", async () => {
    const { report } = await reportOf({
      gate: { metrics: [{ name: "accuracy", min: 0, maxDrop: 0.9 }] },
      cells: [
        aCell(rowsOf("cc"), { baseline: { ...compared, variant: "${a.one}", dataset: "b" } }),
      ],
      others: {
        old: [
          ...rowsOf("ci", { variant: "${a.one}", dataset: "a" }),
          ...rowsOf("ii", { variant: "${a.one}", dataset: "b" }),
          ...rowsOf("ci", { variant: "${a.two}", dataset: "b" }),
        ],
      },
    });

    expect(report.cells[0]?.evidence?.baseline).toMatchObject({ rows: 2, fixed: 2, broken: 0 });
  });

  test("lines are paired also where the baseline lacks or has others", async () => {
    const [first, , third] = rowsOf("ccc");
    const { report } = await reportOf({
      gate: { metrics: [{ name: "accuracy", min: 0, maxDrop: 0.9 }] },
      cells: [aCell(rowsOf("cic").slice(1), { baseline: compared })],
      others: { old: [first, third].filter((row) => row !== undefined) },
    });

    expect(report.cells[0]?.evidence?.baseline).toEqual({
      none: "the stored rows of fg-1 lack 1 of the dataset's",
    });
  });
});

describe("a changed gate over several pipelines", () => {
  const pipeline = (id: string, outcomes: string, gate: Gate = {}) =>
    reportOf({ id, gate, cells: [aCell(rowsOf(outcomes))] });
  async function compare(told: readonly Awaited<ReturnType<typeof pipeline>>[], gate: Gate) {
    const rows = {
      read: async () => null,
      readLast: (id: string, index: number, rounds: number) =>
        told.find(({ report }) => report.id === id)?.stored.readLast(id, index, rounds) ??
        Promise.resolve(null),
    };
    const pipelines = told.map(({ report }) => report);
    return compareGates(GatePolicy.parse(gate), pipelines, rows);
  }

  test("says how many it would have blocked, and which of them passed", async () => {
    const good = Array.from({ length: 17 }, (_, n) => pipeline(`good-${n}`, "cccc"));
    const told = await Promise.all([
      ...good,
      pipeline("weak-1", "ccci"),
      pipeline("weak-2", "ccci"),
      pipeline("bad-1", "iiii"),
    ]);

    expect(await compare(told, { metrics: [{ name: "accuracy", min: 0.9 }] })).toEqual({
      pipelines: 20,
      blocked: ["weak-1", "weak-2", "bad-1"],
      newlyBlocked: ["weak-1", "weak-2"],
      letThrough: [],
      sentence: "would have blocked 3 of 20, 2 that passed (weak-1, weak-2)",
    });
  });

  test("says what it would have let through, and names ten at most", async () => {
    const told = await Promise.all(
      Array.from({ length: 12 }, (_, n) => pipeline(`bad-${n}`, "ciii")),
    );

    const { sentence, letThrough } = await compare(told, {
      metrics: [{ name: "accuracy", min: 0.2 }],
    });

    expect(letThrough).toHaveLength(12);
    expect(sentence).toBe(
      "would have blocked 0 of 12, none that passed, and let through 12 that did not pass (bad-0, bad-1, bad-2, bad-3, bad-4, bad-5, bad-6, bad-7, bad-8, bad-9 and 2 more)",
    );
  });
});
