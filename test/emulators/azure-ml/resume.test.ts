import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createBuiltinEngine } from "#emulators/azure-ml/engine/builtin/builtin-engine.ts";
import { type Azurite, startAzurite } from "./azurite.ts";
import {
  type Answer,
  aSubmit,
  dataAt,
  endedRun,
  type Stand,
  startStand,
  WORKSPACE,
} from "./stand.ts";

const FLOW = `
inputs: {n: {type: int}}
outputs: {half: {type: double, reference: "\${mark.output.half}"}, mark: {type: string, reference: "\${mark.output.mark}"}}
nodes:
- {name: mark, type: python, source: {type: code, path: mark.py}, inputs: {n: "\${inputs.n}"}}
- {name: all, type: python, aggregation: true, source: {type: code, path: all.py}, inputs: {halves: "\${mark.output.half}"}}
`;
const ALL = `
from promptflow.core import log_metric, tool

@tool
def all(halves):
    log_metric("halves", repr(halves))
`;

let azurite: Azurite;
let stand: Stand;
let folder: string;
let gate: string;
beforeAll(async () => {
  azurite = await startAzurite();
  folder = await mkdtemp(join(tmpdir(), "resume-"));
  gate = join(folder, "gate");
  stand = await startStand(azurite, {
    engine: createBuiltinEngine({ modelUrl: "http://127.0.0.1:9" }),
  });
  // Another mark for each call; the number 6 waits until a file is there.
  const mark = `
import os, time, uuid
from promptflow.core import tool

@tool
def mark(n: int):
    while n == 6 and not os.path.exists(${JSON.stringify(gate)}):
        time.sleep(0.05)
    return {"half": n / 2, "mark": uuid.uuid4().hex}
`;
  await stand.upload("LocalUpload/f1/qa/flow.dag.yaml", FLOW);
  await stand.upload("LocalUpload/f1/qa/mark.py", mark);
  await stand.upload("LocalUpload/f1/qa/all.py", ALL);
  await stand.upload("LocalUpload/d1/data.jsonl", '{"n":4}\n{"n":5}\n{"n":8}\n');
  await stand.upload("LocalUpload/d2/data.jsonl", '{"n":4}\n{"n":6}\n');
});
afterAll(async () => {
  await stand[Symbol.asyncDispose]();
  await azurite[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function run(runId: string) {
  expect((await stand.flow("POST", "/BulkRuns/submit", aSubmit(runId))).status).toBe(200);
  return await endedRun(stand, runId);
}

async function resume(body: Readonly<Record<string, unknown>>): Promise<Answer> {
  return await stand.flow("POST", "/BulkRuns/resume", body);
}

async function resumedRun(runId: string, resumeFromRunId: string) {
  expect(await resume({ runId, resumeFromRunId })).toMatchObject({ status: 200, body: runId });
  return await endedRun(stand, runId);
}

async function linesOf(runId: string): Promise<Answer["body"][]> {
  return (await stand.flow("GET", `/BulkRuns/${runId}/childRuns`)).body;
}

async function metricsOf(runId: string): Promise<Record<string, unknown>> {
  const path = `/metric/v2.0${WORKSPACE}/runs/${runId}/lastvalues`;
  const { body } = await stand.call("POST", path, { body: {} });
  return Object.assign({}, ...body.value.map((metric: Answer["body"]) => metric.value[0].data));
}

async function logOf(runId: string): Promise<string> {
  return (await stand.flow("GET", `/BulkRuns/${runId}/logContent`)).body;
}

test("lines that completed are taken over, the others run, and all of them are aggregated", async () => {
  await stand.fault({ on: "line", match: "^partial$", line: 1, outcome: "failed" });
  await run("partial");
  const before = await linesOf("partial");
  expect(before.map(({ status }) => status)).toEqual(["Completed", "Failed", "Completed"]);

  const ended = await resumedRun("whole", "partial");

  expect(ended).toMatchObject({ status: "Completed", error: null });
  const after = await linesOf("whole");
  const takenOver = { parent_run_id: "whole", root_run_id: "whole" };
  expect(after[0]).toEqual({ ...before[0], ...takenOver });
  expect(after[1]).toMatchObject({ run_id: "whole_1", status: "Completed", output: { half: 2.5 } });
  expect(after[2]).toEqual({ ...before[2], ...takenOver });
  expect(await metricsOf("whole")).toMatchObject({
    halves: "[2.0, 2.5, 4.0]",
    "__pf__.lines.completed": 3,
    "__pf__.lines.failed": 0,
    "__pf__.nodes.mark.completed": 3,
  });
  expect(await logOf("whole")).toContain("Skipped the execution of 2 existing results.");
  const outputs = await stand.download(
    "promptflow/PromptFlowArtifacts/whole/flow_outputs/output.jsonl",
  );
  expect(
    outputs
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).mark),
  ).toEqual(after.map(({ output }) => output.mark));

  await resumedRun("again", "whole");
  expect((await linesOf("again")).map(({ run_id }) => run_id)).toEqual([
    "partial_0",
    "whole_1",
    "partial_2",
  ]);
});

test("a run that was canceled is resumed from where it was", async () => {
  const batchDataInput = dataAt("LocalUpload/d2/data.jsonl");
  await stand.flow("POST", "/BulkRuns/submit", aSubmit("stuck", { batchDataInput }));
  let begun: Answer["body"][] = [];
  while (begun.length === 0) begun = await linesOf("stuck");
  await stand.flow("POST", "/BulkRuns/stuck/cancel");
  expect(await endedRun(stand, "stuck")).toMatchObject({ status: "Canceled" });
  await writeFile(gate, "");

  expect(await resumedRun("freed", "stuck")).toMatchObject({ status: "Completed", error: null });

  const lines = await linesOf("freed");
  expect(lines.map(({ run_id, output }) => [run_id, output.half])).toEqual([
    ["stuck_0", 2],
    ["freed_1", 3],
  ]);
  expect(lines[0].output).toEqual(begun[0].output);
});

test("a resumed run is another one of the same flow and data", async () => {
  await run("before");

  expect(
    await resume({ runId: "after", resumeFromRunId: "before", tags: { a: "1" } }),
  ).toMatchObject({ status: 200, body: "after" });
  const ended = await endedRun(stand, "after");
  expect(ended).toMatchObject({ status: "Completed", displayName: "after", tags: { a: "1" } });
  expect(ended.properties["azureml.promptflow.resume_from_run_id"]).toBe("before");
  const { body } = await stand.flow("GET", "/BulkRuns/after/childRuns");
  expect(body).toHaveLength(3);
  expect((await resume({ runId: "after", resumeFromRunId: "before" })).status).toBe(409);
  expect((await resume({ runId: "x", resumeFromRunId: "unknown" })).status).toBe(404);
  expect((await resume({ resumeFromRunId: "before" })).body).toMatch(/^before_resume_\d+$/);
});

test("a run that goes on cannot be resumed", async () => {
  await stand.fault({ on: "run", match: "endless", outcome: "never" });
  await stand.flow("POST", "/BulkRuns/submit", aSubmit("endless"));

  const answer = await stand.flow("POST", "/BulkRuns/resume", { resumeFromRunId: "endless" });

  expect(answer).toMatchObject({
    status: 400,
    body: { error: { message: expect.stringContaining("it can be resumed when it has ended") } },
  });
});
