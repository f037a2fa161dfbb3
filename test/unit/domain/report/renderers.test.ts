import { readFileSync } from "node:fs";
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { describe, expect, test } from "vitest";
import { aRow, rowsOf } from "#kit/gate-rows.ts";
import { aCell, reportOf } from "#kit/reports.ts";

const expected = (file: string) =>
  readFileSync(new URL(`expected/${file}.expected`, import.meta.url), "utf8");

/** Everything that a report can show, and row content that would like to be markup. */
const everything = () =>
  reportOf({
    gate: {
      metrics: [
        { name: "accuracy", min: 0.6, maxDrop: 0.1 },
        { name: "latencyP95Ms", max: 900, reportOnly: true },
        { name: "groundedness", min: 3.5 },
      ],
      slices: [{ by: "data.kind", min: 0.5 }],
      golden: "data.must",
      repeats: 2,
      maxErrorRate: 0.5,
    },
    cells: [
      aCell(ROWS, {
        logged: { finite: { accuracy: 0.5, groundedness: 3.75 }, malformed: {} },
        baseline: {
          deployment: "fg-1",
          pipeline: "old",
          variant: null,
          dataset: null,
          logged: { accuracy: 0.75 },
        },
      }),
    ],
    others: { old: rowsOf("ccic") },
  });

const repeated = (...outcomes: ("correct" | "incorrect" | "runError")[]) =>
  outcomes.map((outcome) => ({
    outcome,
    evaluation:
      outcome === "runError" ? null : { grade: outcome === "correct" ? "Correct" : "Incorrect" },
    latencyMs: 700,
  }));

const ROWS = [
  aRow(0, {
    inputs: { url: "a|b", kind: "shop", must: true },
    repeats: repeated("correct", "correct"),
  }),
  aRow(1, {
    outcome: "incorrect",
    inputs: { url: "```<b>", kind: "news", must: true },
    outputs: { answer: "B" },
    repeats: repeated("correct", "incorrect"),
  }),
  aRow(2, {
    outcome: "runError",
    inputs: { kind: "news" },
    node: "ask",
    error: "no\nanswer & <none> \u0007",
    repeats: repeated("runError", "runError"),
  }),
  aRow(3, { inputs: { kind: "shop" }, repeats: repeated("correct", "correct") }),
];

describe("report.md", () => {
  test("says why, what next, and shows figures, slices, golden, broken, flaky and wrong rows", async () => {
    expect((await everything()).markdown).toBe(expected("failed.md"));
  });

  test("of several variants has a part for each, also for one that gave no rows", async () => {
    expect((await twoVariants()).markdown).toBe(expected("two-variants.md"));
  });

  test("of a pipeline that could not measure has its reason alone", async () => {
    const reason = "Line 2 of the dataset is no JSON object.";

    expect((await reportOf({ cells: [], reason })).markdown).toBe(
      [
        "# shop: error",
        `- pipeline \`shop-0123456789ab\`\n- bundle \`sha256:${"ab".repeat(32)}\``,
        "## Why",
        `- ${reason}\n`,
      ].join("\n\n"),
    );
  });

  test("shows the first twenty wrong rows, each cut to a glance", async () => {
    const rows = rowsOf("i".repeat(150), { inputs: { text: "long ".repeat(1_000) } });

    const { markdown, report } = await reportOf({ cells: [aCell(rows)] });

    expect(markdown).toContain("### Rows that are not right: the first 20 of 150\n");
    expect(markdown.match(/^row \d+: incorrect$/gm)).toHaveLength(20);
    expect(markdown).toContain("… (5011 characters)");
    expect(markdown.length).toBeLessThan(20_000);
    expect(JSON.stringify(report)).not.toContain("long long");
  });
});

const twoVariants = () =>
  reportOf({
    cells: [
      aCell(rowsOf("cccci"), { variant: "${ask.plain}" }),
      aCell(rowsOf("ciiii"), { variant: "${ask.kind}" }),
      { variant: "${ask.odd}", error: RUN_FAILED },
    ],
  });

const RUN_FAILED = {
  code: "RUN_FAILED",
  message: "The base run ended as Failed.",
  file: null,
  line: null,
  node: null,
} as const;

interface Suites {
  readonly testsuites: { readonly testsuite: readonly Suite[] };
}

interface Suite {
  readonly "@name": string;
  readonly "@failures": string;
  readonly "@errors": string;
  readonly "@tests": string;
  readonly testcase: readonly {
    readonly "@name": string;
    readonly failure?: { readonly "@message": string };
    readonly error?: { readonly "@message": string };
  }[];
}

function parsed(junit: string): readonly Suite[] {
  expect(XMLValidator.validate(junit)).toBe(true);
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: "@",
    htmlEntities: true,
    isArray: (name) => name === "testsuite" || name === "testcase",
  });
  return (parser.parse(junit) as Suites).testsuites.testsuite;
}

describe("junit.xml", () => {
  test("has a case for each rule and each wrong row: failures, errors, and what is only reported", async () => {
    expect((await everything()).junit).toBe(expected("failed.xml"));
  });

  test("is XML whatever a row says, and says the same when it is read", async () => {
    const error = '<a href="x">]]>&amp; \u0000\uFFFE\uD800 é 😀 --> \'';
    const rows = [aRow(0, { outcome: "runError", error, node: '"&<' })];
    const { junit } = await reportOf({
      cells: [
        aCell(rows, {
          dataset: 'a"<&\t\r\n>.jsonl',
          logged: { finite: { accuracy: 0 }, malformed: {} },
        }),
      ],
    });

    const [suite] = parsed(junit);

    expect(suite?.["@name"]).toBe('a"<&\t\r\n>.jsonl');
    expect(suite?.testcase.at(-1)).toMatchObject({
      "@name": "row 0",
      error: {
        "@message": 'runError in node "&<: <a href="x">]]>&amp; \uFFFD\uFFFD\uFFFD é 😀 --> \'',
      },
    });
  });

  test("has the value of a slice as the verdict has it: its beginning, on one line", async () => {
    const kind = `two\n<lines> "of" | \u0007${"x".repeat(500)}`;
    const shown = `two <lines> "of" | \uFFFD${"x".repeat(80)}…`;

    const { report, junit, markdown } = await reportOf({
      gate: { slices: [{ by: "data.kind", min: 0.9 }], confidence: 0.95 },
      cells: [aCell(rowsOf("ccci", { inputs: { kind } }))],
    });

    expect(report.verdict?.slices?.[0]?.value).toBe(shown);
    expect(report.cells[0]?.evidence?.slices[0]?.value).toBe(shown);
    const about = `accuracy where data.kind is "${shown}" is 0.75 over 4 rows (3 right), not decided`;
    expect(report.verdict?.reasons.filter((reason) => reason.startsWith(about))).toHaveLength(1);
    const [suite] = parsed(junit);
    const slice = suite?.testcase.find((one) => one["@name"].startsWith("slices by data.kind"));
    expect(JSON.stringify(slice)).toContain(JSON.stringify(about).slice(1, -1));
    // In the list of slices, and, as its reason, without meaning to Markdown; rows are shown with more of it.
    expect(markdown).toContain(`  data.kind ${JSON.stringify(shown)}\n`);
    expect(markdown).toContain(`- ${about.replace(/[<>|]/g, "\\$&")}`);
  });

  test("names at most a hundred wrong rows", async () => {
    const { junit } = await reportOf({ cells: [aCell(rowsOf("i".repeat(150)))] });

    const rows = parsed(junit)[0]?.testcase.filter((one) => one["@name"].startsWith("row "));
    expect(rows).toHaveLength(100);
    expect(rows?.at(-1)?.["@name"]).toBe("row 99");
  });

  test("of a passed pipeline has neither failures nor errors, whatever its losers did", async () => {
    const { report, junit } = await twoVariants();
    const suites = parsed(junit);

    expect(report.verdict?.outcome).toBe("passed");
    expect(suites.map((suite) => [suite["@tests"], suite["@failures"], suite["@errors"]])).toEqual([
      ["4", "0", "0"],
      ["7", "0", "0"],
      ["1", "0", "0"],
    ]);
  });

  test.each([
    ["failed", { gate: {}, rows: rowsOf("cii") }],
    ["inconclusive", { gate: { confidence: 0.95 }, rows: rowsOf("ccc") }],
    ["inconclusive", { gate: { minRows: 4 }, rows: rowsOf("ccc") }],
    ["failed", { gate: { golden: "data.must" }, rows: rowsOf("ccci", { inputs: { must: true } }) }],
    ["error", { gate: { golden: "data.must" }, rows: rowsOf("ccc") }],
    ["error", { gate: { slices: [{ by: "data.kind", min: 0.1 }] }, rows: rowsOf("ccc") }],
    ["error", { gate: { metrics: [{ name: "f1", min: 0 }] }, rows: rowsOf("ccc") }],
    ["error", { gate: {}, rows: rowsOf("ccm") }],
  ] as const)("of a pipeline that is %s has one at least: %j", async (outcome, { gate, rows }) => {
    const { report, junit } = await reportOf({
      gate: structuredClone(gate) as never,
      cells: [aCell(rows)],
    });
    const suite = parsed(junit)[0];
    const kind = outcome === "error" ? "@errors" : "@failures";

    expect(report.verdict?.outcome).toBe(outcome);
    expect(Number(suite?.[kind])).toBeGreaterThan(0);
  });

  test("of a pipeline that could not measure is one error with its reason", async () => {
    const { junit } = await reportOf({ cells: [], reason: "There is no row." });

    expect(parsed(junit)[0]?.testcase).toMatchObject([
      { error: { "@message": "There is no row." } },
    ]);
  });
});
