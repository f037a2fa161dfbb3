import { expect, test } from "vitest";
import { parsePythonJson, readFailedLines, readLoggedMetrics } from "#domain/logged-metrics.ts";

function entry(name: string, value: unknown, container: unknown = "dcid.r") {
  return { dataContainerId: container, name, value: [{ step: 0, data: { [name]: value } }] };
}

function read(...value: unknown[]) {
  return readLoggedMetrics("r", { value });
}

test("a finite number is a number, zero and negative ones too", () => {
  expect(read(entry("accuracy", 0.88), entry("zero", 0), entry("low", -1.5))).toEqual({
    finite: { accuracy: 0.88, zero: 0, low: -1.5 },
    malformed: {},
  });
});

test.each([
  [null, "null"],
  ["0.9", '"0.9"'],
  [true, "true"],
  ["NaN", '"NaN"'],
  ["Infinity", '"Infinity"'],
  [Number.POSITIVE_INFINITY, "Infinity"],
  [Number.NaN, "NaN"],
  [[0.9], "[0.9]"],
  [{ value: 0.9 }, '{"value":0.9}'],
  ["Ada Lovelace, 12 Main Street", '"…"'],
  [{ best: "Ada" }, '{"best":"…"}'],
  [undefined, "nothing"],
])("%j is malformed, never a number", (value, text) => {
  expect(read(entry("accuracy", value))).toEqual({ finite: {}, malformed: { accuracy: text } });
});

test("metrics of the system are not the flow's, a metric that ends like one is", () => {
  const system = entry("__pf__.lines.failed", 3);
  expect(read(system, entry("x.failed", 1)).finite).toEqual({ "x.failed": 1 });
});

test.each([
  [[entry("__pf__.lines.failed", 3)], 3],
  [[entry("__pf__.lines.failed", 0)], 0],
  [[entry("__pf__.lines.failed", 1), entry("__pf__.lines.failed", 2)], 2],
  [[entry("x.failed", 1), entry("__pf__.nodes.ask.failed", 2)], null],
  [[entry("__pf__.lines.failed", 3, "dcid.other")], null],
  [[entry("__pf__.lines.failed", "many")], null],
  [[entry("__pf__.lines.failed", -1)], null],
  [[], null],
])("the run's own count of failed lines: %j is %j", (value, count) => {
  expect(readFailedLines("r", { value })).toBe(count);
});

test("a metric of another run does not count", () => {
  expect(read(entry("accuracy", 1, "dcid.other"))).toEqual({ finite: {}, malformed: {} });
  expect(read(entry("accuracy", 1, "dcid.other"), entry("accuracy", 0.5)).finite).toEqual({
    accuracy: 0.5,
  });
});

test("a metric that does not say whose it is is malformed", () => {
  const { dataContainerId: _, ...nobodys } = entry("accuracy", 1);
  expect(read(nobodys)).toEqual({ finite: {}, malformed: { accuracy: "nothing" } });
  expect(read(entry("accuracy", 1, null)).finite).toEqual({});
});

test("of several points the last one counts", () => {
  const value = [{ data: { accuracy: 0.1 } }, { data: { accuracy: 0.9 } }];
  expect(read({ dataContainerId: "dcid.r", name: "accuracy", value }).finite).toEqual({
    accuracy: 0.9,
  });
});

test("two entries that disagree are malformed, in either order", () => {
  const malformed = { accuracy: "[0.5,0.9]" };
  expect(read(entry("accuracy", 0.5), entry("accuracy", 0.9))).toEqual({ finite: {}, malformed });
  expect(read(entry("accuracy", "x"), entry("accuracy", 0.9)).finite).toEqual({});
  expect(read(entry("accuracy", 0.9), entry("accuracy", "x")).finite).toEqual({});
});

test.each([
  [{ dataContainerId: "dcid.r", name: "accuracy" }],
  [{ dataContainerId: "dcid.r", name: "accuracy", value: [] }],
  [{ dataContainerId: "dcid.r", name: "accuracy", value: 0.9 }],
  [{ dataContainerId: "dcid.r", name: "accuracy", value: [{ data: { other: 0.9 } }] }],
  [{ dataContainerId: "dcid.r", name: "accuracy", value: [{ data: null }] }],
])("an entry without its value is malformed: %j", (one) => {
  expect(read(one)).toEqual({ finite: {}, malformed: { accuracy: "nothing" } });
});

test.each([
  [undefined],
  [null],
  ["text"],
  [[]],
  [{}],
  [{ value: null }],
  [{ value: [7, null, {}] }],
])("an answer of another shape holds no metrics: %j", (answer) => {
  expect(readLoggedMetrics("r", answer)).toEqual({ finite: {}, malformed: {} });
});

test("what stands in place of a number is told briefly", () => {
  expect(read(entry("accuracy", "1".repeat(5_000))).malformed["accuracy"]).toHaveLength(100);
});

test("NaN and Infinity as Python writes them become texts, inside texts they stay", () => {
  expect(parsePythonJson('{"a": NaN, "b": -Infinity, "c": "NaN \\" Infinity", "d": 1}')).toEqual({
    a: "NaN",
    b: "-Infinity",
    c: 'NaN " Infinity',
    d: 1,
  });
});

test.each(['{"value": [{"name": "accuracy"', "<html>", ""])("no JSON is nothing: %s", (text) => {
  expect(parsePythonJson(text)).toBeUndefined();
});
