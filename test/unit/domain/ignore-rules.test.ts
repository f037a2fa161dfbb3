import { expect, test } from "vitest";
import { ignoreRules } from "#domain/ignore-rules.ts";

test.each([
  { rule: "*.pyc", ignored: ["a.pyc", "x/a.pyc"], kept: ["a.py", "a.pyc.txt"] },
  { rule: "__pycache__", ignored: ["__pycache__", "x/__pycache__/y"], kept: ["a__pycache__"] },
  { rule: "build/", ignored: ["build/x", "y/build/x"], kept: ["build", "rebuild/x"] },
  { rule: "/top", ignored: ["top", "top/x"], kept: ["x/top"] },
  { rule: "a/b", ignored: ["a/b", "a/b/c"], kept: ["x/a/b"] },
  { rule: "**/logs", ignored: ["logs", "x/logs", "x/y/logs/z"], kept: ["xlogs"] },
  { rule: "a/**/b", ignored: ["a/b", "a/x/b", "a/x/y/b"], kept: ["ab"] },
  { rule: "a/**", ignored: ["a/b", "a/b/c"], kept: ["a", "b/a"] },
  { rule: "d?ta", ignored: ["data", "dota"], kept: ["d/ta", "daata"] },
  { rule: "[a-c]x", ignored: ["ax", "cx"], kept: ["dx"] },
  { rule: "[!a-c]x", ignored: ["dx"], kept: ["ax"] },
  { rule: "[^a]x", ignored: ["ax", "^x"], kept: ["bx"] },
  { rule: "[]a]x", ignored: ["]x", "ax"], kept: ["bx"] },
  { rule: "[!]", ignored: ["[!]"], kept: ["a"] },
  { rule: "  indented", ignored: ["indented"], kept: ["  indented"] },
  { rule: "\\#literal", ignored: ["#literal"], kept: ["literal"] },
  { rule: "\\!important", ignored: ["!important"], kept: ["important"] },
  { rule: "a+b(c).txt", ignored: ["a+b(c).txt"], kept: ["aab(c).txt"] },
  { rule: "# a comment", ignored: [], kept: ["# a comment", "a comment"] },
  { rule: "trailing   ", ignored: ["trailing"], kept: ["trailing   x"] },
  { rule: "/", ignored: [], kept: ["a"] },
  { rule: "open[", ignored: ["open["], kept: ["open"] },
])("$rule", ({ rule, ignored, kept }) => {
  const ignores = ignoreRules(rule);
  expect(ignored.filter((path) => !ignores(path))).toEqual([]);
  expect(kept.filter(ignores)).toEqual([]);
});

test("the last rule that matches decides", () => {
  const ignores = ignoreRules("*.log\r\n!keep.log\nx/keep.log\n");
  expect(ignores("a.log")).toBe(true);
  expect(ignores("keep.log")).toBe(false);
  expect(ignores("x/keep.log")).toBe(true);
});

test("no rules leave nothing out", () => {
  expect(ignoreRules("")("a")).toBe(false);
});
