import { describe, expect, test } from "vitest";
import { coerce, resolveInputs } from "#emulators/azure-ml/engine/builtin/inputs.ts";
import {
  decodeFromPython,
  encodeForPython,
  PythonFloat,
  plain,
  pythonEquals,
  pythonStr,
} from "#emulators/azure-ml/engine/builtin/python-values.ts";

describe("flow inputs are coerced as Python does", () => {
  test.each([
    ["int", "22", 22],
    ["int", 4.9, 4],
    ["int", true, 1],
    ["int", " 7 ", 7],
    ["int", new PythonFloat(3), 3],
    ["double", "4.9", 4.9],
    ["double", 7, new PythonFloat(7)],
    ["double", true, new PythonFloat(1)],
    ["bool", false, false],
    ["bool", "TRUE", true],
    ["bool", "False", false],
    ["string", 4, "4"],
    ["string", 4.5, "4.5"],
    ["string", new PythonFloat(4), "4.0"],
    ["string", true, "True"],
    ["string", null, "None"],
    ["string", { a: [1, "b"] }, "{'a': [1, 'b']}"],
    ["list", [1], [1]],
    ["list", "[1, 2]", [1, 2]],
    ["object", "7", 7],
    ["object", "[1]", [1]],
    ["object", "not json", "not json"],
    ["object", null, null],
    ["image", "cat.png", "cat.png"],
    ["secret", 1, 1],
  ])("%s takes %j", (type, value, expected) => {
    expect(coerce(value, type)).toEqual(expected);
  });

  test.each([
    ["int", "4.9"],
    ["int", ""],
    ["int", "abc"],
    ["int", null],
    ["int", [1]],
    ["double", ""],
    ["double", "abc"],
    ["double", null],
    ["bool", 7],
    ["bool", "yes"],
    ["bool", ""],
    ["bool", null],
    ["list", "a"],
    ["list", { a: 1 }],
    ["list", '{"a": 1}'],
    ["list", 7],
  ])("%s refuses %j", (type, value) => {
    expect(() => coerce(value, type)).toThrow();
  });
});

describe("the inputs of one line", () => {
  const definitions = { q: { type: "string" }, n: { type: "int", default: 3 } };

  test("fall back to the default only when the key is missing", () => {
    expect(resolveInputs(definitions, { q: "hi", more: 1 }, 0)).toEqual({ q: "hi", n: 3, more: 1 });
    expect(() => resolveInputs(definitions, { q: "hi", n: null }, 4)).toThrow(
      "The input for flow is incorrect. The value for flow input 'n' in line 4 is None, which does not match the expected type 'int'",
    );
  });

  test("name what is not provided, and where", () => {
    expect(() => resolveInputs(definitions, {}, 2)).toThrow(
      "The value for flow input 'q' is not provided in line 2 of input data.",
    );
  });

  test("tell broken JSON from a wrong type", () => {
    const list = { l: { type: "list" } };
    expect(() => resolveInputs(list, { l: "a" }, 0)).toThrow(
      expect.objectContaining({
        body: expect.objectContaining({
          innerCodes: ["ValidationError", "InvalidFlowRequest", "InputParseError"],
        }),
      }),
    );
  });
});

describe("values print as in Python", () => {
  test.each([
    [null, "None"],
    [false, "False"],
    [1e16, "10000000000000000"],
    [0.00001, "1e-05"],
    [1.5e300, "1.5e+300"],
    [Number.NaN, "nan"],
    [Number.NEGATIVE_INFINITY, "-inf"],
    ["it's", "it's"],
    [
      ["it's", 'say "hi"', `both ' and "`, "a\nb\\"],
      `["it's", 'say "hi"', 'both \\' and "', 'a\\nb\\\\']`,
    ],
    [{ a: null, b: [true, new PythonFloat(2)] }, "{'a': None, 'b': [True, 2.0]}"],
    [["\u0007é"], "['\\x07é']"],
  ])("%j", (value, expected) => {
    expect(pythonStr(value)).toBe(expected);
  });
});

describe("equality is Python's, without coercion", () => {
  test.each([
    [1, true, true],
    [1, new PythonFloat(1), true],
    [0, false, true],
    ["true", true, false],
    ["1", 1, false],
    [null, undefined, true],
    [null, false, false],
    [[1, { a: true }], [true, { a: 1 }], true],
    [{ a: 1 }, { a: 1, b: 2 }, false],
    [[], {}, false],
  ])("%j == %j is %j", (left, right, expected) => {
    expect(pythonEquals(left, right)).toBe(expected);
  });
});

test("floats cross the pipe to Python and back as floats", () => {
  const text = encodeForPython({ whole: new PythonFloat(4), part: 0.5, odd: [Number.NaN], n: 4 });

  expect(text).not.toContain("\n");
  expect(decodeFromPython(text)).toEqual({
    whole: new PythonFloat(4),
    part: 0.5,
    odd: [Number.NaN],
    n: 4,
  });
  expect(plain(decodeFromPython(text))).toEqual({ whole: 4, part: 0.5, odd: [Number.NaN], n: 4 });
});
