import { expect, test } from "vitest";
import { joinRow, type LineRecord } from "#domain/gate/join-row.ts";
import { judge } from "#domain/gate/judge.ts";
import { Meter } from "#domain/gate/meter.ts";
import { GatePolicy } from "#domain/gate/policy.ts";
import type { Row, RowOutcome, Verdict } from "#domain/pipeline.ts";
import { seeded } from "#kit/gate-odds.ts";
import { aRow } from "#kit/gate-rows.ts";

const CASES = 400;
const NOT_RIGHT: readonly RowOutcome[] = ["incorrect", "runError", "evalError", "missing"];

type Random = () => number;

function oneOf<Item>(random: Random, items: readonly Item[]): Item {
  return items[Math.floor(random() * items.length)] as Item;
}

/** Any gate that more right rows cannot hurt. */
function aGate(random: Random): GatePolicy {
  const maybe = <Value extends object>(value: Value) => (random() < 0.5 ? value : {});
  return GatePolicy.parse({
    metrics: [
      { name: "accuracy", min: random() },
      ...(random() < 0.5 ? [{ name: "accuracy", maxDrop: random() / 4 }] : []),
      ...(random() < 0.3 ? [{ name: "tone", min: 2 }] : []),
      ...(random() < 0.3 ? [{ name: "score", min: oneOf(random, [0.3, 2.5, 3.5]) }] : []),
      ...(random() < 0.3 ? [{ name: "score", maxDrop: random() }] : []),
      ...(random() < 0.3 ? [{ name: "latencyP95Ms", max: 900 }] : []),
    ],
    maxErrorRate: oneOf(random, [0, 0.3, 1]),
    confidence: oneOf(random, [0, 0, 0.8, 0.95]),
    ...maybe({ slices: [{ by: "data.kind", min: random(), minRows: oneOf(random, [1, 4]) }] }),
    ...maybe({ golden: "data.golden" }),
    ...maybe({ minRows: oneOf(random, [1, 15]) }),
  });
}

/** Rows that are right have the score 5, or 1 where scores are shares; others some less. */
function someRows(random: Random, count: number, most: number): Row[] {
  const quality = oneOf(random, [0.5, 0.9, 0.98]);
  return Array.from({ length: count }, (_, line) => {
    const outcome = random() < quality ? "correct" : oneOf(random, NOT_RIGHT);
    return aRow(line, {
      outcome,
      evaluation: evaluated(outcome, outcome === "correct" ? most : Math.floor(random() * most)),
      inputs: { kind: oneOf(random, ["a", "b", null]), golden: random() < 0.2 || line === 0 },
      latencyMs: Math.floor(random() * 1_000),
    });
  });
}

function evaluated(outcome: RowOutcome, score: number): Row["evaluation"] {
  return { grade: outcome === "correct" ? "Correct" : "Incorrect", score };
}

interface Game {
  /** The best score of a row. */
  readonly most: number;
  readonly policy: GatePolicy;
  readonly rows: readonly Row[];
  readonly before: readonly Row[];
}

function aGame(random: Random): Game {
  const count = 1 + Math.floor(random() * 40);
  const most = oneOf(random, [1, 5]);
  return {
    policy: aGate(random),
    most,
    rows: someRows(random, count, most),
    before: someRows(random, count, most),
  };
}

function verdictOf({ policy, rows, before }: Game): Verdict {
  const meter = new Meter(policy, {
    deployment: "fg-1",
    logged: { tone: 3, score: meanScore(before) },
  });
  for (const row of rows) meter.add(row, before[row.line]);
  const right = rows.filter(({ outcome }) => outcome === "correct").length;
  const finite = { accuracy: right / rows.length, tone: 3, score: meanScore(rows) };
  const logged = { finite, malformed: {} };
  return judge(policy, meter.evidence(logged)).verdict;
}

function meanScore(rows: readonly Row[]): number {
  const scores = rows.map(({ evaluation }) => Number(evaluation?.["score"]));
  return scores.reduce((sum, score) => sum + score, 0) / rows.length;
}

function shuffled<Item>(random: Random, items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, at: random() }))
    .toSorted((one, other) => one.at - other.at)
    .map(({ item }) => item);
}

/** Every game with its seed, so that one that fails can be played again. */
function play(check: (random: Random, seed: number) => void): void {
  for (let seed = 1; seed <= CASES; seed += 1) check(seeded(seed), seed);
}

test("the games come to every outcome", () => {
  const seen = new Set<string>();
  play((random) => seen.add(verdictOf(aGame(random)).outcome));

  expect([...seen].sort()).toEqual(["error", "failed", "inconclusive", "passed"]);
});

test("the order of rows never changes a verdict", () => {
  play((random, seed) => {
    const game = aGame(random);
    const again = verdictOf({ ...game, rows: shuffled(random, game.rows) });

    expect({ seed, ...withoutNoise(again) }).toEqual({ seed, ...withoutNoise(verdictOf(game)) });
  });
});

/** Sums in another order differ in their last digits. */
function withoutNoise(verdict: Verdict): Verdict {
  return JSON.parse(
    JSON.stringify(verdict, (_, value) =>
      typeof value === "number" ? Number(value.toPrecision(12)) : value,
    ),
  );
}

test("records that come again, in any order, never change a row", () => {
  play((random, seed) => {
    const record = (outputs: LineRecord["outputs"]): LineRecord => ({
      index: 0,
      outputs,
      failure: null,
      usage: { latencyMs: Math.floor(random() * 9), tokens: null },
    });
    const base = Array.from({ length: 1 + Math.floor(random() * 3) }, () => record({ a: 1 }));
    const grades = Array.from({ length: Math.floor(random() * 4) }, () =>
      record({ grade: oneOf(random, ["Correct", "Correct", "Incorrect"]) }),
    );
    const place = { line: 0, variant: null, dataset: null, inputs: {} };
    const join = (twice: boolean) => {
      const again = (items: readonly LineRecord[]) =>
        shuffled(random, twice ? items.flatMap((item) => copies(random, item)) : items);
      const parts = { ...place, base: again(base), evaluation: again(grades) };
      return joinRow(parts, { output: "grade", equals: "Correct" });
    };

    // Only how many there are may differ, which the error says.
    const told = ({ error, ...row }: Row) => ({ ...row, error: error?.replace(/\d+/, "n") });
    expect({ seed, ...told(join(true)) }).toEqual({ seed, ...told(join(false)) });
    expect(join(true).outcome === "correct").toBe(
      grades.length > 0 && grades.every(({ outputs }) => outputs?.["grade"] === "Correct"),
    );
  });
});

/** The same record once to three times, one of them without what it took. */
function copies(random: Random, record: LineRecord): LineRecord[] {
  const { index, outputs, failure } = record;
  return [record, { index, outputs, failure }, { ...record }].slice(
    0,
    1 + Math.floor(random() * 3),
  );
}

test("a row more that is right never turns passed into failed", () => {
  let passed = 0;
  play((random, seed) => {
    const game = aGame(random);
    if (verdictOf(game).outcome !== "passed") return;
    passed += 1;
    for (const row of game.rows) {
      const rows = game.rows.map((one) => (one === row ? righted(one, game.most) : one));
      expect({ seed, line: row.line, ...verdictOf({ ...game, rows }) }).toMatchObject({
        outcome: "passed",
      });
    }
  });
  expect(passed).toBeGreaterThan(30);
});

function righted({ line, inputs, latencyMs }: Row, most: number): Row {
  return aRow(line, { inputs, latencyMs, evaluation: evaluated("correct", most) });
}

const MALFORMED: readonly unknown[] = [
  undefined,
  null,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
];

test("a metric that is no finite number never passes", () => {
  play((random, seed) => {
    const { policy, rows, before } = aGame(random);
    const meter = new Meter(policy, null);
    for (const row of rows) meter.add(row, before[row.line]);
    const accuracy = oneOf(random, MALFORMED) as number;
    const logged = { finite: { accuracy, tone: 3, score: meanScore(rows) }, malformed: {} };

    expect({ seed, ...judge(policy, meter.evidence(logged)).verdict }).toMatchObject({
      seed,
      outcome: "error",
    });
  });
});

test("a row is right only by a record of each run, whatever else is there", () => {
  play((random, seed) => {
    const anything = () =>
      oneOf<LineRecord["outputs"]>(random, [
        null,
        {},
        { grade: null },
        { grade: "correct" },
        { grade: ["Correct"] },
        { grade: true },
        { Grade: "Correct" },
      ]);
    const failure = random() < 0.3 ? { message: "x", node: null, type: null } : null;
    const record = { index: 0, outputs: anything(), failure };
    const good = { index: 0, outputs: { grade: "Correct" }, failure: null };
    const parts =
      random() < 0.5
        ? { base: [good], evaluation: [record] }
        : {
            base:
              random() < 0.5
                ? []
                : [{ ...record, failure: { message: "x", node: null, type: null } }],
            evaluation: [good],
          };
    const row = joinRow(
      { line: 0, variant: null, dataset: null, inputs: {}, ...parts },
      { output: "grade", equals: "Correct" },
    );

    expect([seed, row.outcome]).not.toEqual([seed, "correct"]);
  });
});
