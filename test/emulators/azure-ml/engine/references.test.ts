import { describe, expect, test } from "vitest";
import {
  followProperty,
  parseAssignment,
  propertyTokens,
} from "#emulators/azure-ml/engine/builtin/references.ts";
import { ref } from "./a-flow.ts";

describe("a reference is a whole string", () => {
  const node = (name: string, section = "output", property = "") => ({
    kind: "node",
    node: name,
    section,
    property,
  });
  test.each([
    [ref("inputs.x"), { kind: "input", name: "x" }],
    [ref("flow.x"), { kind: "input", name: "x" }],
    [ref("inputs.x.y"), { kind: "input", name: "x.y" }],
    [ref("n"), node("n")],
    [ref("n.output"), node("n")],
    [ref("n.output.a.b"), node("n", "output", "a.b")],
    [ref("n.output.a['x y']"), node("n", "output", "a['x y']")],
    [ref("n.output.[0]"), node("n", "output", "[0]")],
    [ref("n.output[0]"), node("n", "output[0]")],
    [ref("n.foo"), node("n", "foo")],
    [`${ref("n")} `, { kind: "literal", value: `${ref("n")} ` }],
    [`say ${ref("n")}`, { kind: "literal", value: `say ${ref("n")}` }],
    [ref(""), { kind: "literal", value: ref("") }],
    [[ref("n")], { kind: "literal", value: [ref("n")] }],
    [7, { kind: "literal", value: 7 }],
  ])("%j", (text, expected) => {
    expect(parseAssignment(text)).toEqual(expected);
  });
});

test("a property path is words, quoted keys and indexes", () => {
  expect(propertyTokens(`a.b[0]['x y'].c["k"].0`)).toEqual(["a", "b", 0, "x y", "c", "k", "0"]);
});

describe("a property path leads through dicts and lists", () => {
  const value = { a: { "x y": [{ b: 1 }] }, "0": "zero", list: ["first"] };

  test.each([
    ["a['x y'][0].b", 1],
    [".0", "zero"],
    ["list[0]", "first"],
  ])("%s", (path, expected) => {
    expect(followProperty(value, path, "n")).toBe(expected);
  });

  test.each(["list.0", "list[1]", "a.missing", "list[0].upper"])("%s leads nowhere", (path) => {
    expect(() => followProperty(value, path, "n")).toThrow(
      `Invalid property '${path}' when accessing the node 'n'.`,
    );
  });

  test("nothing has properties in None", () => {
    expect(() => followProperty(null, "a", "n")).toThrow("Invalid property 'a'");
  });
});
