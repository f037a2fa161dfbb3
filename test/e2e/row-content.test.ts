import { readFileSync } from "node:fs";
import { BlobServiceClient } from "@azure/storage-blob";
import { expect, inject, test } from "vitest";
import { backDoorAt } from "#kit/back-door.ts";
import { durableHistory } from "#kit/durable-history.ts";
import { flowgateAt } from "#kit/flowgate.ts";
import { aPythonApp, type PythonAppOptions, pythonNode, pythonTool } from "#kit/python-app.ts";

const stack = inject("stack");
const flowgate = flowgateAt(stack.functions);
const backDoor = backDoorAt(stack);

const QUOTE = /.{0,80}maidenhair.{0,80}/i;

const rows = [1, 2, 3].map((line) => ({
  question: `maidenhair ${line}`,
  expected: `MAIDENHAIR ${line}`,
}));

/** Each of them says what it was given when it fails. */
const TROUBLE: readonly (Omit<PythonAppOptions, "rows"> & { readonly ends: object })[] = [
  {
    name: "flow-raises",
    answer: [
      'if question.endswith("1"):',
      "    return question.upper()",
      "raise ValueError(question)",
    ],
    ends: { status: "failed", verdict: { outcome: "error", rows: { failed: 2 } } },
  },
  {
    name: "flow-prints",
    answer: ["print(question)", "return question.upper()"],
    ends: { status: "succeeded", verdict: { outcome: "passed" } },
  },
  {
    name: "grade-raises",
    overlay: {
      "check/grade.py": pythonTool("grade(expected: str, given: str) -> str", [
        "raise ValueError(expected + given)",
      ]),
    },
    ends: { status: "failed", verdict: { outcome: "error", rows: { failed: 3 } } },
  },
  {
    name: "aggregation-raises",
    overlay: {
      "check/grade.py": pythonTool("grade(expected: str, given: str) -> str", ["return given"]),
      "check/share.py": pythonTool("share(grades: list) -> float", [
        "raise ValueError(str(grades))",
      ]),
    },
    ends: { status: "failed", verdict: { outcome: "error" } },
  },
  {
    name: "grade-is-content",
    overlay: {
      "check/grade.py": pythonTool("grade(expected: str, given: str) -> str", ["return given"]),
    },
    ends: { status: "succeeded", verdict: { outcome: "failed", rows: { incorrect: 3 } } },
  },
];

async function everythingTold(id: string, app: string): Promise<string> {
  const history = [...(await durableHistory(stack.functions, id)).values()];
  const listed = (await flowgate.list({ app })).body;
  const events = await backDoor.eventsOf(app);
  const log = readFileSync(stack.log, "utf8");
  return [...history, JSON.stringify(listed), JSON.stringify(events), log].join("\n");
}

test.concurrent.each(TROUBLE)(
  "what a row says stays in its row: $name",
  async ({ ends, ...options }) => {
    const pipeline = await flowgate.run(options.name, aPythonApp({ ...options, rows }));

    expect(pipeline).toMatchObject(ends);
    expect(JSON.stringify((await flowgate.rows(pipeline.id)).body)).toMatch(QUOTE);
    expect(await everythingTold(pipeline.id, options.name)).not.toMatch(
      /.{0,200}maidenhair.{0,200}/i,
    );
  },
);

test.concurrent("a run that fails over what stands in a row does not quote it", async () => {
  const app = "input-of-other-type";
  const overlay = {
    "shout/flow.dag.yaml": JSON.stringify({
      inputs: { question: { type: "int" } },
      outputs: { answer: { type: "string", reference: "${answer.output}" } },
      nodes: [pythonNode("answer", { question: "${inputs.question}" })],
    }),
  };

  const pipeline = await flowgate.run(app, aPythonApp({ name: app, rows, overlay }));

  expect(pipeline).toMatchObject({ status: "failed", verdict: { outcome: "error" } });
  expect(await everythingTold(pipeline.id, app)).not.toMatch(QUOTE);
});

test.concurrent.each([
  ["cut-short", '{"question": "maidenhair 1"}\n{"question": "maidenhair 2", "expec\n'],
  ["not-an-object", '{"question": "maidenhair 1"}\n"maidenhair 2"\n'],
])(
  "a dataset that is not sound is told by its line, not by what stands there: %s",
  async (name, text) => {
    const container = BlobServiceClient.fromConnectionString(stack.storage).getContainerClient(
      "test-data",
    );
    await container.getBlockBlobClient(`${name}/new.jsonl`).uploadData(Buffer.from(text));

    const pipeline = await flowgate.run(name, aPythonApp({ name }), { data: `${name}/new.jsonl` });

    expect(pipeline).toMatchObject({
      status: "failed",
      verdict: { outcome: "error" },
      error: { code: "DATA_INVALID", file: `${name}/new.jsonl`, line: 2 },
    });
    expect(await everythingTold(pipeline.id, name)).not.toMatch(QUOTE);
  },
);
