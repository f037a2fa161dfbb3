import { describe, expect, test } from "vitest";
import { BaselineMeter } from "#domain/gate/baseline-meter.ts";
import { LineList } from "#domain/gate/line-list.ts";
import { SliceMeter } from "#domain/gate/slice-meter.ts";
import { aRow } from "#kit/gate-rows.ts";

describe("a list of lines", () => {
  const filled = (lines: readonly number[]) => {
    const list = new LineList();
    for (const line of lines) list.add(line);
    return list;
  };
  const lines = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, place) => from + place);

  test("has the lowest hundred in order, and counts all", () => {
    const list = filled([...lines(500, 800), ...lines(0, 50).toReversed()]);

    expect(list.first()).toEqual([...lines(0, 50), ...lines(500, 550)]);
    expect(list.count).toBe(350);
  });

  test("of few has all", () => {
    expect(filled([10, 9, 2]).first()).toEqual([2, 9, 10]);
    expect(new LineList().first()).toEqual([]);
  });
});

describe("slices of a column", () => {
  const sliced = (values: readonly unknown[]) => {
    const meter = new SliceMeter("data.kind");
    for (const [line, kind] of values.entries()) meter.add(aRow(line, { inputs: { kind } }), true);
    return meter;
  };
  const values = (meter: SliceMeter) => meter.counts().map(({ value }) => value);

  test("are in the order of their text, rows without one last, whichever came first", () => {
    expect(values(sliced(["b", null, "a", "c"]))).toEqual(["a", "b", "c", null]);
    expect(values(sliced([null, "c", "b", "a"]))).toEqual(["a", "b", "c", null]);
    expect(values(sliced(["a", "b", "c", null]))).toEqual(["a", "b", "c", null]);
  });

  test("tell values apart by their first hundred characters", () => {
    const long = "x".repeat(100);

    expect(sliced([`${long}a`, `${long}b`, "x"]).counts()).toEqual([
      { by: "data.kind", value: "x", rows: 1, correct: 1 },
      { by: "data.kind", value: `${long}…`, rows: 2, correct: 2 },
    ]);
    expect(values(sliced([long]))).toEqual([long]);
    expect(values(sliced([`${"x".repeat(99)}😀`]))).toEqual([`${"x".repeat(99)}…`]);
  });

  test("are named on one line", () => {
    expect(values(sliced([" two\r\n\tlines \u0007", { a: "b\nc" }]))).toEqual([
      "two lines \uFFFD",
      '{"a":"b\\nc"}',
    ]);
  });

  test("of which there are a hundred still count rows of theirs when another value comes", () => {
    const hundred = Array.from({ length: 100 }, (_, n) => `v${n}`);
    const meter = sliced([...hundred, "another", "v7"]);

    expect(meter.isFull).toBe(true);
    expect(meter.counts()).toHaveLength(100);
    expect(meter.counts().find(({ value }) => value === "v7")?.rows).toBe(2);
    expect(sliced(hundred).isFull).toBe(false);
  });
});

describe("a baseline", () => {
  const baseline = { deployment: "fg-1", logged: { tone: 4, cost: 1 } };

  test("has what it logged of the gate's metrics, and nothing that every object has", () => {
    const meter = new BaselineMeter(baseline, ["tone", "constructor"]);

    expect(meter.read()).toEqual({
      deployment: "fg-1",
      rows: 0,
      broken: 0,
      fixed: 0,
      newlyBroken: [],
      newlyFixed: [],
      logged: { tone: 4 },
      differences: {},
    });
  });

  test("differs by what it had less what there is now, where each row has both", () => {
    const toned = (line: number, tone: unknown) => aRow(line, { evaluation: { tone } });
    const meter = new BaselineMeter(baseline, ["tone"]);
    meter.add(toned(0, 3), toned(0, 5));

    expect(meter.read()).toMatchObject({ differences: { tone: { count: 1, mean: 2 } } });
    meter.add(toned(1, 3), toned(1, "5"));
    expect(meter.read()).toMatchObject({ rows: 2 });
    expect(meter.read()).toHaveProperty("differences", {});
    const other = new BaselineMeter(baseline, ["tone"]);
    other.add(toned(0, "3"), toned(0, 5));
    expect(other.read()).toHaveProperty("differences", {});
  });

  test("that lacks rows says how many", () => {
    const meter = new BaselineMeter(baseline, []);
    meter.add(aRow(0), aRow(0));
    meter.add(aRow(1), undefined);
    meter.add(aRow(2), undefined);

    expect(meter.read()).toEqual({ none: "the stored rows of fg-1 lack 2 of the dataset's" });
  });
});
