import { readFile } from "node:fs/promises";
import { load } from "js-yaml";
import { expect, test } from "vitest";
import { GatePolicy } from "#domain/gate/policy.ts";
import type { Verdict } from "#domain/pipeline.ts";
import { aRow, rowsOf, verdictOn, verdictOver } from "#kit/gate-rows.ts";

const guide = await readFile(new URL("../../../../docs/guide/gate.md", import.meta.url), "utf8");

type Gate = Parameters<typeof verdictOn>[0];

const kinds = ["pdf", "pdf", "pdf", "pdf", "pdf", "web", "web", "web", "app"];

/** The rows that each example of the guide describes. */
const EXAMPLES: Readonly<Record<string, (gate: Gate) => Verdict>> = {
  accuracy: (gate) => verdictOn(gate, rowsOf("cccccrii")),
  "other metrics": (gate) => {
    const rows = rowsOf("cccccccccc").map((row) => ({ ...row, latencyMs: (row.line + 1) * 1_000 }));
    return verdictOn(gate, rows, { finite: { groundedness: 4.1 } });
  },
  confidence: (gate) => verdictOn(gate, rowsOf("ccccccci")),
  maxDrop: (gate) => verdictOn(gate, rowsOf("ccccccciic"), { before: rowsOf("ccccccccci") }),
  slices: (gate) =>
    verdictOn(
      gate,
      rowsOf("cccciciii").map((row) => ({ ...row, inputs: { kind: kinds[row.line] } })),
    ),
  golden: (gate) =>
    verdictOn(
      gate,
      rowsOf("ccci").map((row) => ({ ...row, inputs: { golden: row.line > 1 } })),
    ),
  repeats: (gate) =>
    verdictOn(
      gate,
      rowsOf("ccc").map((row) => ({
        ...row,
        repeats: ["correct" as const, "correct" as const, "correct" as const].map(
          (outcome, at) => ({
            outcome: row.line === 1 && at === 1 ? ("incorrect" as const) : outcome,
          }),
        ),
      })),
    ),
  "maxErrorRate and minRows": (gate) =>
    verdictOn(gate, [
      ...rowsOf("ccc"),
      aRow(3, { outcome: "runError", node: "fetch", errorType: "HTTPError" }),
    ]),
  "Variants and datasets": (gate) =>
    verdictOver(
      gate,
      {
        short: { "data.jsonl": "c".repeat(30) + "i".repeat(10) },
        long: { "data.jsonl": "c".repeat(36) + "i".repeat(4) },
      },
      { rows: 40, onlyLeader: 6, onlySecond: 0 },
    ),
};

const told = [...guide.matchAll(/```yaml\n(gate:.*?)```\n\n```text ([^\n]*)\n(.*?)```/gs)].map(
  ([, yaml = "", name = "", text = ""]) => ({ name, yaml, text }),
);

test("every example of the guide is one that is known", () => {
  expect(told.map(({ name }) => name)).toEqual(Object.keys(EXAMPLES));
});

test.each(told)("the guide says of $name what the gate says", ({ name, yaml, text }) => {
  const { gate } = load(yaml) as { gate: Gate };
  const verdict = EXAMPLES[name]?.(GatePolicy.parse(gate));

  expect([verdict?.outcome, ...(verdict?.reasons ?? [])].join("\n")).toBe(text.trim());
});
