import { describe, expect, test } from "vitest";
import { formatPercent } from "#emulators/azure-ml/engine/builtin/python-format.ts";
import { PythonFloat, PythonTuple } from "#emulators/azure-ml/engine/builtin/python-values.ts";

describe("template % values, as Python formats it", () => {
  test.each<[string, unknown, string]>([
    ["%.2f", 2, "2.00"],
    ["%5d|", -42, "  -42|"],
    ["%05d", -42, "-0042"],
    ["%-6s|", "ab", "ab    |"],
    ["%+d", 3, "+3"],
    ["% d", 3, " 3"],
    ["%x", 255, "ff"],
    ["%#X", 255, "0XFF"],
    ["%o", 8, "10"],
    ["%e", 12345.678, "1.234568e+04"],
    ["%g", new PythonFloat(1e10), "1e+10"],
    ["%g", 0.0001, "0.0001"],
    ["%G", 1e-7, "1E-07"],
    ["%.3g", 1234.5, "1.23e+03"],
    ["%s", [1, "a"], "[1, 'a']"],
    ["%r", "a", "'a'"],
    ["%.2s", "abc", "ab"],
    ["%c", 65, "A"],
    ["%d", 3.9, "3"],
    ["%5.1f|", 2.25, "  2.2|"],
    ["%f", Number.POSITIVE_INFINITY, "inf"],
    ["100%%", {}, "100%"],
    ["%(a)s-%(b)03d", { a: 1, b: 2 }, "1-002"],
    ["%*d", PythonTuple.of(5, 3), "    3"],
    ["%.*f", PythonTuple.of(1, 2.5), "2.5"],
  ])("%j %% %j", (template, values, expected) => {
    expect(formatPercent(template, values)).toBe(expected);
  });

  test.each<[string, unknown, string]>([
    ["%d", "a", "%d format: a real number is required"],
    ["%s %s", PythonTuple.of(1), "not enough arguments for format string"],
    ["%s", PythonTuple.of(1, 2), "not all arguments converted during string formatting"],
    ["%q", 1, "unsupported format character 'q'"],
    ["%(a)s", 1, "format requires a mapping"],
    ["%(b)s", { a: 1 }, "'b'"],
  ])("%j %% %j fails: %s", (template, values, message) => {
    expect(() => formatPercent(template, values)).toThrow(message);
  });
});
