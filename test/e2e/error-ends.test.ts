import { describe, expect, inject, test } from "vitest";
import { computeName, runtimeName, sessionId } from "#domain/naming.ts";
import { backDoorAt } from "#kit/back-door.ts";
import { flowgateAt } from "#kit/flowgate.ts";
import { aPythonApp, jsonLines, pythonNode, pythonTool } from "#kit/python-app.ts";
import { aboutToStart, expectErrorEnd, uploaded } from "#kit/shared-flowgate.ts";
import { putTestData } from "#kit/test-data.ts";

const stack = inject("stack");
const flowgate = flowgateAt(stack.functions);
const backDoor = backDoorAt(stack);

const ROWS = [
  { question: "ash", expected: "ASH" },
  { question: "elm", expected: "ELM" },
];

describe("a dataset that cannot be used", () => {
  test.concurrent.each([
    ["no line", "", null, "shout/data.jsonl has no rows."],
    ["blank lines only", "\n\n  \n", null, "shout/data.jsonl has no rows."],
    [
      "a broken line",
      `${jsonLines(ROWS)}{"question": "oak\n`,
      3,
      "shout/data.jsonl, line 3, is not valid JSON from character 14 on: a text is not closed, or a character in it needs a backslash; JSON Lines has one object on each line.",
    ],
    [
      "a line of no object",
      `${jsonLines(ROWS)}\n["oak"]\n`,
      4,
      "shout/data.jsonl, line 4, is an array; a row has to be a JSON object.",
    ],
  ])("%s", async (what, text, line, message) => {
    const app = what.replaceAll(" ", "-");
    const files = aPythonApp({ name: app, overlay: { "shout/data.jsonl": text } });
    const pipeline = await flowgate.run(app, files, { deploy: true });

    const error = { code: "DATA_INVALID", file: "shout/data.jsonl", line, node: null, message };
    await expectErrorEnd(pipeline, error);
    expect(pipeline.resources).toEqual([]);
  });

  test.concurrent("a line of a blob, named as the blob", async () => {
    const blob = "bad-blob/other.jsonl";
    await putTestData(stack.storage, blob, `${jsonLines(ROWS)}oak\n`);
    const files = aPythonApp({ name: "bad-blob" });
    const pipeline = await flowgate.run("bad-blob", files, { deploy: true, data: blob });

    await expectErrorEnd(pipeline, { code: "DATA_INVALID", file: blob, line: 3 });
  });
});

describe("what shows before anything is created", () => {
  test.concurrent("a node that is not there: file, line, node and what was meant", async () => {
    const flow = {
      inputs: { question: { type: "string" } },
      outputs: { answer: { type: "string", reference: "${answer.output}" } },
      nodes: [pythonNode("answer", { question: "${answr.output}" })],
    };
    const overlay = { "shout/flow.dag.yaml": `${JSON.stringify(flow, null, 2)}\n` };
    const files = aPythonApp({ name: "no-node", overlay });
    const pipeline = await flowgate.run("no-node", files, { deploy: true });

    await expectErrorEnd(pipeline, {
      code: "BUNDLE_INVALID",
      file: "shout/flow.dag.yaml",
      line: 22,
      node: "answer",
      message: expect.stringContaining("there is no node answr; did you mean answer?"),
    });
    expect(pipeline.resources).toEqual([]);
  });

  test.concurrent("a column that the dataset does not have: the line that maps it", async () => {
    const overlay = { "shout/data.jsonl": jsonLines([{ query: "ash", expected: "ASH" }]) };
    const files = aPythonApp({ name: "no-column", overlay });
    const pipeline = await flowgate.run("no-column", files, { deploy: true });

    await expectErrorEnd(pipeline, {
      code: "DATA_INVALID",
      file: "shout/run.yml",
      line: 4,
      message: expect.stringContaining("no row of shout/data.jsonl has the column question"),
    });
    expect(pipeline.resources).toEqual([]);
  });
});

describe("a flow that cannot be run", () => {
  test.concurrent("rows that raise, more than the gate allows: the node is named", async () => {
    const answer = ['raise KeyError("no such tree")'];
    const files = aPythonApp({ name: "raises", answer });
    const pipeline = await flowgate.run("raises", files, { deploy: true });

    await expectErrorEnd(pipeline, {
      code: "ROWS_FAILED",
      node: "answer",
      message:
        "4 of 4 rows failed, more than the 5 % that maxErrorRate allows; the first is row 0 in node answer (KeyError)",
    });
    expect(pipeline.verdict?.rows).toMatchObject({ expected: 4, correct: 0, failed: 4 });
    const { items } = (await flowgate.rows(pipeline.id)).body;
    expect(items.map(({ outcome }) => outcome)).toEqual(Array(4).fill("runError"));
  });

  test.concurrent("a Python module that is missing: named, with what to do", async () => {
    const tool = pythonTool("answer(question: str) -> str", ["return question.upper()"]);
    const overlay = { "shout/answer.py": `import quillwort_parser\n${tool}` };
    const files = aPythonApp({ name: "no-module", overlay });
    const pipeline = await flowgate.run("no-module", files, { deploy: true });

    await expectErrorEnd(pipeline, {
      code: "RUN_FAILED",
      node: "answer",
      file: "shout/answer.py",
      line: 1,
      message: expect.stringMatching(/No module named 'quillwort_parser'.*requirements\.txt/s),
    });
  });

  test.concurrent("Python that is none: file and line", async () => {
    const overlay = {
      "shout/answer.py": "from promptflow.core import tool\n\n@tool\ndef answer(:\n",
    };
    const files = aPythonApp({ name: "no-python", overlay });
    const pipeline = await flowgate.run("no-python", files, { deploy: true });

    await expectErrorEnd(pipeline, {
      code: "RUN_FAILED",
      node: "answer",
      file: "shout/answer.py",
      line: 4,
      message: expect.stringContaining("invalid syntax"),
    });
  });

  test.concurrent("a metric that the evaluation flow never logs is named", async () => {
    const overlay = {
      "check/share.py": pythonTool("share(grades: list) -> float", ["return 1.0"]),
    };
    const files = aPythonApp({ name: "no-metric", overlay });
    const pipeline = await flowgate.run("no-metric", files, { deploy: true });

    await expectErrorEnd(pipeline, {
      code: "METRIC_INVALID",
      message: "accuracy was not logged by the evaluation run",
    });
  });
});

describe("a run that fails", () => {
  test.concurrent.each([
    ["base", "runFlow", ["Failed", {}]],
    ["evaluation", "runEvaluation", ["Failed", {}]],
  ] as const)("the %s run", async (kind, step, [status, metrics]) => {
    const app = `failing-${kind}`;
    const match = `^${app}-[0-9a-f]{12}-${kind}-0$`;
    const message = "The node was preempted.";
    await backDoor.breakAzureMl({ on: "run", match, outcome: "failed", message });
    const pipeline = await flowgate.run(app, aPythonApp({ name: app }), { deploy: true });

    const run = `${pipeline.id}-${kind}-0`;
    await expectErrorEnd(pipeline, {
      code: "RUN_FAILED",
      message: expect.stringMatching(new RegExp(`${run} failed: .*The node was preempted\\.`)),
    });
    expect(pipeline.runs).toMatchObject([{ status, metrics }]);
    expect(pipeline.steps.find(({ name }) => name === step)).toMatchObject({ status: "failed" });
    expect(pipeline.verdict?.reasons).toContain("accuracy was not logged by the evaluation run");
  });
});

describe("a test environment that fails", () => {
  const onCompute = (app: string) =>
    aPythonApp({ name: app, manifest: { environment: { kind: "compute-instance" } } });

  test.concurrent("the session", async () => {
    const pipeline = await aboutToStart("session-fails");
    const match = `^${sessionId(pipeline.id)}$`;
    const message = "No capacity for Standard_DS1_v2.";
    await backDoor.breakAzureMl({ on: "session", match, outcome: "failed", message });

    await expectErrorEnd(await pipeline.run(), {
      code: "ENVIRONMENT_FAILED",
      message: expect.stringMatching(/^The session .* failed: .*No capacity for Standard_DS1_v2/),
    });
  });

  test.concurrent("the compute instance", async () => {
    const pipeline = await aboutToStart("compute-fails", onCompute("compute-fails"));
    const match = `^${computeName(pipeline.id)}$`;
    const message = "Out of quota.";
    await backDoor.breakAzureMl({ on: "compute", match, outcome: "failed", message });

    await expectErrorEnd(await pipeline.run(), {
      code: "ENVIRONMENT_FAILED",
      message: expect.stringMatching(/^The computeInstance .* failed: .*Out of quota\./),
    });
  });

  test.concurrent("the runtime", async () => {
    const pipeline = await aboutToStart("runtime-fails", onCompute("runtime-fails"));
    const match = `^${runtimeName(pipeline.id)}$`;
    const message = "The image was not pulled.";
    await backDoor.breakAzureMl({ on: "runtime", match, outcome: "failed", message });
    const ended = await pipeline.run();

    await expectErrorEnd(ended, {
      code: "ENVIRONMENT_FAILED",
      message: expect.stringMatching(/^The runtime .* failed: .*The image was not pulled\./),
    });
    const removed = ended.steps.filter(({ name }) => /^delete(Runtime|Compute)$/.test(name));
    expect(removed.map(({ name, status }) => [name, status])).toEqual([
      ["deleteRuntime", "succeeded"],
      ["deleteCompute", "succeeded"],
    ]);
  });

  test.concurrent("a compute instance that we may not create, in Azure's own words", async () => {
    const pipeline = await aboutToStart("compute-forbidden", onCompute("compute-forbidden"));
    await backDoor.breakAzureMl({
      method: "PUT",
      path: `/computes/${computeName(pipeline.id)}\\b`,
      do: {
        status: 403,
        body: {
          error: { code: "AuthorizationFailed", message: "The client may not write computes." },
        },
      },
    });

    await expectErrorEnd(await pipeline.run(), {
      code: "AZURE_REFUSED",
      message: expect.stringMatching(
        /403.*AuthorizationFailed.*The client may not write computes\./s,
      ),
    });
  });
});

test("a blob that changed after it was accepted is not what was asked for", async () => {
  const blob = "changed/other.jsonl";
  await putTestData(stack.storage, blob, jsonLines(ROWS));
  const bundle = await uploaded("changed");
  const { body } = await flowgate.start({ app: "changed", bundle, data: blob, deploy: true });
  // The same request as if it had been accepted for an earlier version of the blob.
  const instances = `${stack.functions}/runtime/webhooks/durabletask`;
  const instance = await fetch(`${instances}/instances/${body.id}?showInput=true`);
  const { input } = (await instance.json()) as { input: { data: { blob: string } } };
  const id = "changed-0123456789ab";
  await fetch(`${instances}/orchestrators/runPipeline/${id}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...input, id, data: { ...input.data, etag: '"0x1"' } }),
  });

  await expectErrorEnd(await flowgate.follow(id), {
    code: "DATA_CHANGED",
    message: expect.stringContaining(blob),
  });
});
