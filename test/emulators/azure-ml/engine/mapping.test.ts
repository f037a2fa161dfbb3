import { expect, test } from "vitest";
import { mapLines as mapped } from "#emulators/azure-ml/engine/builtin/mapping.ts";
import type { Row } from "#emulators/azure-ml/engine/engine.ts";
import { ref } from "./a-flow.ts";

const mapLines = (...given: Parameters<typeof mapped>) => [...mapped(...given)];
const question = { q: { type: "string" } };

test("an explicit mapping wins over a default, and a default over the column of its name", () => {
  const inputs = {
    q: { type: "string" },
    n: { type: "int", default: 3 },
    m: { type: "int", default: 4 },
  };
  const data = [{ q: "a", n: 10, m: 11 }];

  expect(mapLines(inputs, { data, run: null, inputsMapping: { m: ref("data.m") } })).toEqual([
    { lineNumber: 0, row: { q: "a", m: 11 } },
  ]);
});

test("anything but a whole binding is a literal, and keys that are no inputs are kept", () => {
  const inputsMapping = { q: `pre ${ref("data.q")}`, extra: "x", line_number: ref("data.nope") };

  expect(mapLines(question, { data: [{ q: "a" }], run: null, inputsMapping })).toEqual([
    { lineNumber: 0, row: { q: `pre ${ref("data.q")}`, extra: "x" } },
  ]);
});

test("every unresolved binding is listed", () => {
  const inputsMapping = {
    q: ref("data.nope"),
    a: ref("data"),
    b: ref(" data.q "),
    c: ref("run.outputs.x"),
  };

  expect(() => mapLines(question, { data: [{ q: "a" }], run: null, inputsMapping })).toThrow(
    expect.objectContaining({
      body: expect.objectContaining({
        message: `The input for batch run is incorrect. Couldn't find these mapping relations: ${ref("data.nope")}, ${ref("data")}, ${ref(" data.q ")}, ${ref("run.outputs.x")}. Check the column mapping of the run and the columns of the data.`,
        innerCodes: ["ValidationError", "ApplyInputMappingError"],
      }),
    }),
  );
});

test("a column that only some rows have leaves the others without the input", () => {
  const data = [{ q: "a" }, { other: 1 }];

  expect(mapLines(question, { data, run: null, inputsMapping: {} })).toEqual([
    { lineNumber: 0, row: { q: "a" } },
    { lineNumber: 1, row: {} },
  ]);
});

test("there is no nested access: a dot belongs to the column's name", () => {
  const data = [{ "a.b": 1, a: { b: 2 } }];

  expect(mapLines(question, { data, run: null, inputsMapping: { q: ref("data.a.b") } })).toEqual([
    { lineNumber: 0, row: { q: 1 } },
  ]);
});

test("an evaluation gets exactly the lines that the evaluated run completed, under their numbers", () => {
  const run = {
    inputs: [
      { line_number: 0, label: "x" },
      { line_number: 1, label: "y" },
      { line_number: 2, label: "z" },
    ],
    outputs: [
      { line_number: 2, answer: "Z" },
      { line_number: 0, answer: "X" },
    ],
  };
  const inputsMapping = { q: ref("run.outputs.answer"), truth: ref("run.inputs.label") };

  expect(mapLines(question, { data: null, run, inputsMapping })).toEqual([
    { lineNumber: 0, row: { q: "X", truth: "x" } },
    { lineNumber: 2, row: { q: "Z", truth: "z" } },
  ]);
});

test("sources of different length need line numbers", () => {
  const run = { inputs: [{ a: 1 }, { a: 2 }], outputs: [{ line_number: 1, b: 2 }] };
  const batch = { data: [{ q: "only" }], run, inputsMapping: {} };

  expect(() => mapLines(question, batch)).toThrow(
    "Line numbers are not aligned: sources whose rows have no 'line_number' have different lengths (data: 1, run.inputs: 2).",
  );
});

test("a source without line numbers may be shorter than one that has them", () => {
  const run = { inputs: [{ a: 1 }], outputs: [0, 1].map((line_number) => ({ line_number, b: 2 })) };
  const batch = { data: null, run, inputsMapping: { q: ref("run.inputs.a") } };

  expect([...mapLines(question, batch)]).toEqual([{ lineNumber: 0, row: { q: 1 } }]);
});

test("no rows at all, or no row in common, fails the run", () => {
  expect(() => mapLines(question, { data: [], run: null, inputsMapping: {} })).toThrow(
    "There is no row in 'data'.",
  );
  const run = { inputs: [{ line_number: 0 }], outputs: [{ line_number: 1 }] };
  expect(() => mapLines(question, { data: null, run, inputsMapping: {} })).toThrow(
    "No line number is in every one of run.inputs, run.outputs.",
  );
});

test("lines with gaps on either side are those that every source has", () => {
  const of = (...lines: readonly number[]) => lines.map((line) => ({ line_number: line, n: line }));
  const run = { inputs: of(0, 1, 3, 4, 7), outputs: of(1, 2, 3, 7, 9) };
  const inputsMapping = { q: ref("run.outputs.n"), data: ref("run.inputs.n") };

  expect(mapLines(question, { data: of(1, 3, 4, 7, 9), run, inputsMapping })).toEqual([
    { lineNumber: 1, row: { q: 1, data: 1 } },
    { lineNumber: 3, row: { q: 3, data: 3 } },
    { lineNumber: 7, row: { q: 7, data: 7 } },
  ]);
});

test("line numbers in no order, and twice, are joined all the same; the last row of a number counts", () => {
  const data = [
    { line_number: 2, q: "two" },
    { line_number: 0, q: "zero" },
    { line_number: 2, q: "two again" },
  ];

  expect(mapLines(question, { data, run: null, inputsMapping: {} })).toEqual([
    { lineNumber: 0, row: { q: "zero" } },
    { lineNumber: 2, row: { q: "two again" } },
  ]);
});

test("rows are read as they are needed, not all before the first line", () => {
  let read = 0;
  const data = {
    *[Symbol.iterator](): Generator<Row> {
      for (let n = 0; n < 1_000; n += 1) {
        read += 1;
        yield { q: n };
      }
    },
  };
  const lines = mapped(question, { data, run: null, inputsMapping: {} });
  read = 0;
  const [first] = lines;

  expect(first).toEqual({ lineNumber: 0, row: { q: 0 } });
  expect(read).toBeLessThan(3);
});

test("what is open behind rows is closed, though they are not read to their end", () => {
  let open = 0;
  const data = {
    *[Symbol.iterator](): Generator<Row> {
      open += 1;
      try {
        yield* [{ q: "a" }, { q: "b" }];
      } finally {
        open -= 1;
      }
    },
  };
  const [first] = mapped(question, { data, run: null, inputsMapping: {} });

  expect(first).toEqual({ lineNumber: 0, row: { q: "a" } });
  expect(open).toBe(0);
});
