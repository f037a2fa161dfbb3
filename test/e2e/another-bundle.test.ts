import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, inject, test } from "vitest";
import type { Pipeline } from "#domain/pipeline.ts";
import { flowgateAt } from "#kit/flowgate.ts";
import { jsonLines, pythonNode, pythonTool } from "#kit/python-app.ts";

const flowgate = flowgateAt(inject("stack").functions);
const REPOSITORY = join(import.meta.dirname, "../..");

const PARCELS = [
  { parcel: "p-17", weight_g: 300, fragile: false, lane: "letterbox", paid: 3 },
  { parcel: "p-18", weight_g: 2500, fragile: false, lane: "pallet", paid: 24 },
  { parcel: "p-19", weight_g: 900, fragile: true, lane: "padded", paid: 14 },
  { parcel: "p-20", weight_g: 1999, fragile: false, lane: "pallet", paid: 22 },
  { parcel: "p-21", weight_g: 2000, fragile: true, lane: "padded", paid: 26 },
] as const;

/** Nothing is where Flowgate looks by default: every path is told in the manifest. */
const FOLDER: Readonly<Record<string, string>> = {
  "flowgate.yaml": [
    "apiVersion: flowgate/v1",
    "run: sorting/nightly.yml",
    "evaluation: books/audit.yml",
    "gate:",
    "  correct: { output: judgement, equals: hit }",
    "  metrics:",
    "    - { name: accuracy, min: 0.75 }",
    "    - { name: fee_gap, max: 1.5 }",
    "deploy: { when: [] }",
    "",
  ].join("\n"),
  "sorting/nightly.yml": [
    "flow: lanes",
    "data: ../books/parcels.jsonl",
    "column_mapping: { grams: '${data.weight_g}', breakable: '${data.fragile}' }",
    "",
  ].join("\n"),
  "sorting/lanes/flow.dag.yaml": JSON.stringify({
    inputs: { grams: { type: "int" }, breakable: { type: "bool" } },
    outputs: {
      lane: { type: "string", reference: "${choose_lane.output}" },
      fee: { type: "int", reference: "${price.output}" },
    },
    nodes: [
      pythonNode("price", { grams: "${inputs.grams}", extra: "${weigh.output.extra}" }),
      pythonNode("choose_lane", {
        load: "${weigh.output.load}",
        breakable: "${inputs.breakable}",
      }),
      pythonNode("weigh", { grams: "${inputs.grams}", breakable: "${inputs.breakable}" }),
    ],
  }),
  "sorting/lanes/weigh.py": pythonTool("weigh(grams: int, breakable: bool) -> dict", [
    'return {"load": "heavy" if grams >= 2000 else "light", "extra": 5 if breakable else 0}',
  ]),
  "sorting/lanes/choose_lane.py": pythonTool("choose_lane(load: str, breakable: bool) -> str", [
    'return "padded" if breakable else "pallet" if load == "heavy" else "letterbox"',
  ]),
  "sorting/lanes/price.py": pythonTool("price(grams: int, extra: int) -> int", [
    "return grams // 100 + extra",
  ]),
  "books/parcels.jsonl": jsonLines(PARCELS),
  "books/audit.yml": [
    "flow: compare",
    "data: parcels.jsonl",
    "column_mapping:",
    "  should_go: ${data.lane}",
    "  went: ${run.outputs.lane}",
    "  paid: ${data.paid}",
    "  asked: ${run.outputs.fee}",
    "",
  ].join("\n"),
  "books/compare/flow.dag.yaml": JSON.stringify({
    type: "evaluation",
    inputs: {
      should_go: { type: "string" },
      went: { type: "string" },
      paid: { type: "int" },
      asked: { type: "int" },
    },
    outputs: {
      judgement: { type: "string", reference: "${judge.output}" },
      gap: { type: "int", reference: "${gap.output}" },
    },
    nodes: [
      pythonNode("judge", { should_go: "${inputs.should_go}", went: "${inputs.went}" }),
      pythonNode("gap", { paid: "${inputs.paid}", asked: "${inputs.asked}" }),
      {
        ...pythonNode("sum_up", { judgements: "${judge.output}", gaps: "${gap.output}" }),
        aggregation: true,
      },
    ],
  }),
  "books/compare/judge.py": pythonTool("judge(should_go: str, went: str) -> str", [
    'return "hit" if should_go == went else "miss"',
  ]),
  "books/compare/gap.py": pythonTool("gap(paid: int, asked: int) -> int", [
    "return abs(paid - asked)",
  ]),
  "books/compare/sum_up.py": pythonTool(
    "sum_up(judgements: list, gaps: list)",
    [
      'log_metric("accuracy", judgements.count("hit") / len(judgements))',
      'log_metric("fee_gap", sum(gaps) / len(gaps))',
    ],
    "log_metric, tool",
  ),
};

const files = new Map(Object.entries(FOLDER).map(([path, text]) => [path, Buffer.from(text)]));

describe("a bundle that Flowgate was not made for", () => {
  let pipeline: Pipeline;
  beforeAll(async () => {
    pipeline = await flowgate.run("parcel-lanes", files);
  });

  test("passes a gate of two metrics with a word of its own for right rows", () => {
    expect(pipeline).toMatchObject({ status: "succeeded", error: null });
    expect(pipeline.verdict).toEqual({
      outcome: "passed",
      reasons: [
        "accuracy is 0.8 over 5 rows (4 right, 1 wrong), at least 0.75",
        "fee_gap is 1, at most 1.5",
      ],
      metrics: {
        // 4 of 5: Wilson's 95 % interval.
        accuracy: {
          value: 0.8,
          reported: 0.8,
          low: expect.closeTo(0.3755, 4),
          high: expect.closeTo(0.9638, 4),
          min: 0.75,
          ok: true,
        },
        // (0 + 1 + 0 + 3 + 1) / 5
        fee_gap: { value: 1, reported: 1, max: 1.5, ok: true },
      },
      rows: { expected: 5, correct: 4, incorrect: 1, failed: 0, missing: 0 },
    });
    expect(pipeline.runs.map(({ metrics }) => metrics)).toEqual([{ accuracy: 0.8, fee_gap: 1 }]);
  });

  test("has every row with its inputs, outputs and grade", async () => {
    const { items } = (await flowgate.rows(pipeline.id)).body;
    const row = (line: number, outcome: string, outputs: object, grade: string) => ({
      line,
      outcome,
      inputs: PARCELS[line],
      outputs,
      grade,
      error: null,
      evaluation: expect.objectContaining({ judgement: grade }),
      latencyMs: expect.any(Number),
      tokens: 0,
    });

    expect(items).toEqual([
      row(0, "correct", { lane: "letterbox", fee: 3 }, "hit"),
      row(1, "correct", { lane: "pallet", fee: 25 }, "hit"),
      row(2, "correct", { lane: "padded", fee: 14 }, "hit"),
      row(3, "incorrect", { lane: "letterbox", fee: 19 }, "miss"),
      row(4, "correct", { lane: "padded", fee: 25 }, "hit"),
    ]);
  });

  test("is not deployed where no branch may", () => {
    expect(pipeline.deployment).toEqual({
      outcome: "skipped",
      reason: "deploy.when is empty, so nobody may deploy",
      model: null,
      endpoint: null,
      deployment: null,
      scoringUri: null,
      traffic: {},
    });
  });
});

test("the second metric alone holds a bundle back", async () => {
  const strict = Buffer.from((FOLDER["flowgate.yaml"] ?? "").replace("max: 1.5", "max: 0.9"));
  const held = await flowgate.run("parcel-strict", new Map([...files, ["flowgate.yaml", strict]]));

  expect(held).toMatchObject({
    status: "succeeded",
    verdict: {
      outcome: "failed",
      metrics: { accuracy: { value: 0.8, ok: true }, fee_gap: { value: 1, max: 0.9, ok: false } },
    },
    deployment: null,
  });
  expect(held.verdict?.reasons).toContain("fee_gap is 1, above 0.9");
});

test.each(["src", "emulators"])("no name of the sample is in %s", (folder) => {
  const names =
    /web[-_]classification|classification-accuracy|prepare_examples|classify_with_llm|convert_to_dict|calculate_accuracy|groundtruth|["'`.](prediction|category|App|Movie|Academic|Channel|Profile)["'`]|\b(my-runtime|open_ai_connection|gpt-4o)/;
  const files = readdirSync(join(REPOSITORY, folder), { recursive: true, encoding: "utf8" });
  const code = files.filter((file) => /\.(ts|mjs|cjs|js|py)$/.test(file));
  const found = code.flatMap((file) =>
    readFileSync(join(REPOSITORY, folder, file), "utf8")
      .split("\n")
      .flatMap((line, index) => (names.test(line) ? [`${file}:${index + 1} ${line.trim()}`] : [])),
  );

  expect(code.length).toBeGreaterThan(50);
  expect(found).toEqual([]);
});
