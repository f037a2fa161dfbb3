import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { env } from "node:process";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type { Pipeline, Verdict } from "#domain/pipeline.ts";
import { serve } from "#emulators/kit/serve.ts";
import { type Stack, startStack } from "#emulators/stack/start-stack.ts";
import { backDoorAt } from "#kit/back-door.ts";
import { flowgateAt } from "#kit/flowgate.ts";
import { aPythonApp, pythonNode, pythonTool } from "#kit/python-app.ts";

const ROWS = [
  {
    question: "ash",
    expected: "key-b/large: Kindly and calm: ash",
    colophon: "even/key-a/small/key-b/tiny: ash",
  },
  {
    question: "birch, or beech?",
    expected: "key-b/large: Kindly and calm: birch, or beech?",
    colophon: "even/key-a/small/key-b/tiny: birch, or beech?",
  },
  { question: "naïve ☕", expected: "another answer", colophon: "another" },
] as const;

const llm = (path: string, connection: string) => ({
  type: "llm",
  source: { type: "code", path },
  inputs: { deployment_name: "tiny", topic: "${inputs.question}", tone: "${tone.output}" },
  connection,
  api: "chat",
});

/** Prompt, connection, deployment, variables and included files all differ from what the flow does by itself. */
const APP = aPythonApp({
  name: "two-prompts",
  rows: ROWS,
  manifest: { variants: ["${ask.plain}", "${ask.kind}"] },
  overlay: {
    "shout/run.yml": [
      "flow: .",
      "data: data.jsonl",
      "column_mapping: { question: '${data.question}' }",
      "environment_variables: { TONE: calm, FIRST_KEY: '${model_a.api_key}' }",
      "connections:",
      "  ask: { deployment_name: large }",
      "  sign: { connection: model_b }",
      "",
    ].join("\n"),
    "shout/flow.dag.yaml": JSON.stringify({
      environment_variables: { TONE: "shrill", MOOD: "even" },
      additional_includes: ["../prompts", "../shared/wording.py"],
      inputs: { question: { type: "string" } },
      outputs: {
        answer: { type: "string", reference: "${ask.output}" },
        colophon: { type: "string", reference: "${colophon.output}" },
      },
      nodes: [
        pythonNode("tone", {}),
        { name: "ask", use_variants: true },
        { name: "sign", ...llm("prompts/sign.jinja2", "model_a") },
        pythonNode("colophon", { signed: "${sign.output}" }),
      ],
      node_variants: {
        ask: {
          default_variant_id: "plain",
          variants: {
            plain: { node: llm("plain.jinja2", "model_a") },
            kind: { node: llm("prompts/kind.jinja2", "model_b") },
          },
        },
      },
    }),
    "shout/answer.py": null,
    "shout/tone.py": `import os\n\nimport wording\n${pythonTool("tone() -> str", [
      'return wording.word(os.environ["TONE"])',
    ])}`,
    "shout/colophon.py": `import os\n\n${pythonTool("colophon(signed: str) -> str", [
      'return "/".join([os.environ["MOOD"], os.environ["FIRST_KEY"], "small", signed])',
    ])}`,
    "shout/plain.jinja2": "user:\n{{tone}}: {{topic}}\n",
    "prompts/kind.jinja2": "user:\nKindly and {{tone}}: {{topic}}\n",
    "prompts/sign.jinja2": "user:\n{{topic}}\n",
    "shared/wording.py": "def word(name):\n    return name\n",
    "deployment/deployment.yaml": [
      "environment: { image: registry.example/serve:1 }",
      "instance_type: Standard_E4s_v3",
      "environment_variables: { TONE: loud, MOOD: odd, FIRST_KEY: none }",
      "",
    ].join("\n"),
  },
});

interface Asked {
  readonly messages: readonly { readonly content: string }[];
}

/** Says whose key came with the question, and which deployment was asked. */
async function answer(request: Request): Promise<Response> {
  const [, deployment] = /\/openai\/deployments\/([^/]+)\//.exec(request.url) ?? [];
  const { messages } = (await request.json()) as Asked;
  const said = messages.map(({ content }) => content).join("");
  const content = `${request.headers.get("api-key")}/${deployment}: ${said}`;
  return Response.json({
    choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }],
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  });
}

describe("the winner of two variants, which is not the flow's default", () => {
  const ends: (() => PromiseLike<void> | void)[] = [];
  let stack: Stack;
  let pipeline: Pipeline;
  beforeAll(async () => {
    const model = await serve(answer);
    ends.push(() => model[Symbol.asyncDispose]());
    const data = mkdtempSync(join(tmpdir(), "flowgate-variants-"));
    ends.push(() => rmSync(data, { recursive: true, force: true }));
    const connection = (key: string) => ({
      type: "AzureOpenAIConnection",
      value: { api_key: key, api_base: model.url, api_type: "azure", api_version: "2024-02-01" },
    });
    const connections = join(data, "connections.json");
    const known = { model_a: connection("key-a"), model_b: connection("key-b") };
    writeFileSync(connections, JSON.stringify(known));
    stack = await startStack({
      ports: "free",
      data,
      latency: "none",
      env: { ...env, PROMPTFLOW_CONNECTIONS: connections },
    });
    ends.push(() => stack.stop());
    pipeline = await flowgateAt(stack.functions).run("two-prompts", APP, { deploy: true });
  });
  afterAll(async () => {
    for (const end of ends.toReversed()) await end();
  });

  test("is deployed", () => {
    expect(pipeline).toMatchObject({
      status: "succeeded",
      error: null,
      runs: [
        { variant: "${ask.plain}", metrics: { accuracy: 0 } },
        { variant: "${ask.kind}", metrics: { accuracy: 2 / 3 } },
      ],
      deployment: { outcome: "deployed" },
    });
  });

  test("answers every row of the dataset as it did in its run", async () => {
    const { items } = (await flowgateAt(stack.functions).rows(pipeline.id)).body;
    const rows = items.filter(({ variant }) => variant === "${ask.kind}");
    expect(rows.map(({ outputs }) => outputs)).toEqual([
      { answer: ROWS[0].expected, colophon: ROWS[0].colophon },
      { answer: ROWS[1].expected, colophon: ROWS[1].colophon },
      {
        answer: "key-b/large: Kindly and calm: naïve ☕",
        colophon: "even/key-a/small/key-b/tiny: naïve ☕",
      },
    ]);

    const { scoringUri } = pipeline.deployment ?? {};
    for (const { inputs, outputs } of rows) {
      const question = { question: inputs["question"] };
      const answered = backDoorAt(stack).score("two-prompts-endpoint", scoringUri ?? "", question);
      expect(await answered).toEqual(outputs);
    }
  });
});

/** Sixteen rows: `long` has the first twelve right, `short` six of these. */
const COMPARED = aPythonApp({
  name: "compared-variants",
  rows: [..."abcdefghijklmnop"].map((question) => ({ question, expected: question.toUpperCase() })),
  manifest: {
    variants: ["${answer.short}", "${answer.long}"],
    gate: { metrics: [{ name: "accuracy", min: 0.1 }], confidence: 0.95 },
  },
  overlay: {
    "shout/flow.dag.yaml": JSON.stringify({
      inputs: { question: { type: "string" } },
      outputs: { answer: { type: "string", reference: "${answer.output}" } },
      nodes: [{ name: "answer", use_variants: true }],
      node_variants: {
        answer: {
          default_variant_id: "short",
          variants: {
            short: { node: pythonNode("short", { question: "${inputs.question}" }) },
            long: { node: pythonNode("long", { question: "${inputs.question}" }) },
          },
        },
      },
    }),
    "shout/answer.py": null,
    "shout/short.py": pythonTool("answer(question: str) -> str", [
      'return question.upper() if question in "abcdef" else "?"',
    ]),
    "shout/long.py": pythonTool("answer(question: str) -> str", [
      'return question.upper() if question in "abcdefghijkl" else "?"',
    ]),
  },
});

test("two variants whose intervals overlap are told apart by their rows, in a rehearsal too", async () => {
  const flowgate = flowgateAt(inject("stack").functions);
  const { id, verdict, steps } = await flowgate.run("compared-variants", COMPARED);
  const rehearse = async (confidence: number) => {
    const gate = { metrics: [{ name: "accuracy", min: 0.1 }], confidence };
    const { body } = await flowgate.call<Verdict>(`/pipelines/${id}/rehearse`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(gate),
    });
    return body;
  };
  const figures = "6 of 16 rows are right only with ${answer.long}, 0 only with ${answer.short}";

  expect(verdict).toMatchObject({ outcome: "passed", winner: "${answer.long}" });
  expect(verdict?.reasons.slice(-1)).toEqual([
    `\${answer.long} is ahead of \${answer.short} by accuracy: ${figures} (exact McNemar test: p = 0.031)`,
  ]);
  expect(steps.find(({ name }) => name === "decide")).not.toHaveProperty("note");
  expect(await rehearse(0.95)).toEqual(verdict);
  expect((await rehearse(0.97)).reasons.slice(-1)).toEqual([
    `\${answer.long} and \${answer.short} are not distinguishable by accuracy: ${figures} (exact McNemar test: p = 0.031); \${answer.long} comes first by its figure, or by its place on a tie`,
  ]);
});
