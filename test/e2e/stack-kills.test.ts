import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Pipeline } from "#domain/pipeline.ts";
import { gone } from "#emulators/kit/processes.ts";
import type { StackFile } from "#emulators/stack/layout.ts";
import { backDoorAt } from "#kit/back-door.ts";
import { flowgateAt } from "#kit/flowgate.ts";
import { aPythonApp } from "#kit/python-app.ts";
import { partsOf, StackProcess } from "#kit/stack-process.ts";

const STAGES = [
  "validating",
  "provisioning",
  "running",
  "evaluating",
  "deciding",
  "deploying",
  "done",
];

let stack: StackProcess;
let file: StackFile;
beforeAll(async () => {
  stack = await StackProcess.create();
  file = await stack.start();
});
afterAll(() => stack[Symbol.asyncDispose]());

/** Starts a pipeline whose base run goes on until `open`. */
async function aPipelineThatWaits(app: string) {
  const gate = join(stack.data, `${app}.gate`);
  const answer = [
    "import os, time",
    "for _ in range(1200):",
    `    if os.path.exists(${JSON.stringify(gate)}):`,
    "        return question.upper()",
    "    time.sleep(0.05)",
    'raise TimeoutError("nobody opened the gate")',
  ];
  const flowgate = flowgateAt(file.functions);
  const { body } = await flowgate.upload(app, aPythonApp({ name: app, answer }));
  const { id } = (await flowgate.start({ app, bundle: body.digest, deploy: true })).body;
  const isUnderWay = ({ runs }: Pipeline) => runs[0]?.status === "Running";
  await flowgate.follow(id, isUnderWay);
  return { id, app, open: () => writeFileSync(gate, "") };
}

/** It passed and serves, every run was made once, and nothing of its test environment is left. */
async function expectEndedRight(app: string, id: string) {
  const ended = await flowgateAt(file.functions).follow(id);

  expect(ended).toMatchObject({
    id,
    status: "succeeded",
    stage: "done",
    verdict: { outcome: "passed", rows: { expected: 4, correct: 4 } },
    deployment: { outcome: "deployed" },
    error: null,
  });
  const made = await backDoorAt(file).inventoryOf(app, [id]);
  const namesOf = (kind: string) => made.filter((one) => one.kind === kind).map(({ name }) => name);
  expect(namesOf("run").toSorted()).toEqual([`${id}-base-0`, `${id}-evaluation-0`]);
  expect(namesOf("model")).toEqual([`${app}-model:1`]);
  expect(namesOf("deployment")).toEqual([ended.deployment?.deployment]);
  expect(namesOf("session")).toEqual([]);
}

test("a Functions host that is killed while a run goes on loses nothing and repeats nothing", async () => {
  const { id, app, open } = await aPipelineThatWaits("host-killed");

  file = await stack.killPart("functions");
  open();

  await expectEndedRight(app, id);
});

test("a Functions host that is killed in one stage after the other loses nothing and repeats nothing", async () => {
  const app = "host-killed-often";
  const flowgate = flowgateAt(file.functions);
  const { body } = await flowgate.upload(app, aPythonApp({ name: app }));
  const { id } = (await flowgate.start({ app, bundle: body.digest, deploy: true })).body;

  for (const stage of ["provisioning", "evaluating", "deploying"]) {
    const { stage: reached } = await flowgate.follow(
      id,
      (now) => STAGES.indexOf(now.stage) >= STAGES.indexOf(stage),
    );
    if (reached === stage) file = await stack.killPart("functions");
  }

  await expectEndedRight(app, id);
});

test("an Azure ML that is killed while a run goes on takes it up again under its id", async () => {
  const { id, app, open } = await aPipelineThatWaits("azure-ml-killed");

  file = await stack.killPart("azureMl");
  open();

  await expectEndedRight(app, id);
});

test("a supervisor that is killed takes its parts along, and the next one on the folder goes on", async () => {
  const { id, app, open } = await aPipelineThatWaits("all-killed");
  const before = file;

  await stack.end("SIGKILL");
  expect(await gone(partsOf(before), 2_000)).toEqual([]);
  expect(existsSync(stack.stackFile)).toBe(false);

  file = await stack.start();
  expect(file.functions).toBe(before.functions);
  open();

  await expectEndedRight(app, id);
});
