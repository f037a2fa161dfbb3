import { afterAll, beforeAll, expect, test } from "vitest";
import { connectStorage } from "#azure/storage/connect.ts";
import type { Pipeline } from "#domain/pipeline.ts";
import { connectionStringOf } from "#emulators/azurite/start-azurite.ts";
import { gone } from "#emulators/kit/processes.ts";
import type { StackFile } from "#emulators/stack/layout.ts";
import { accountOf } from "#kit/account.ts";
import { backDoorAt } from "#kit/back-door.ts";
import { startScenario, timesAsked, wholeAccount } from "#kit/crash-scenarios.ts";
import { flowgateAt } from "#kit/flowgate.ts";
import { meet, momentOfStep, momentsOfSteps } from "#kit/moments.ts";
import { partsOf, StackProcess } from "#kit/stack-process.ts";

let stack: StackProcess;
let file: StackFile;
beforeAll(async () => {
  stack = await StackProcess.create();
  file = await stack.start();
});
afterAll(() => stack[Symbol.asyncDispose]());

/** The pipeline of the app that was started first. */
async function firstOf(app: string): Promise<Pipeline> {
  const { items } = (await flowgateAt(file.functions).list({ app })).body;
  const first = items.at(-1);
  if (first === undefined) throw new Error(`${app} has no pipeline.`);
  return first;
}

test("a Functions host that is killed in step after step of a rollout loses nothing and repeats nothing", async () => {
  const app = "killed-in-steps";
  const { id } = await startScenario(stack, file, "rollout", app);
  const moments = momentsOfSteps(await firstOf(app));

  // All of them is a matter of minutes: npm run crash:stack.
  for (const moment of moments.filter((_, index) => index % 7 === 3)) {
    await meet(moment, file, id);
    file = await stack.killPart("functions");
  }

  const ended = await flowgateAt(file.functions).follow(id);
  expect(await accountOf(file, ended)).toEqual(wholeAccount(app, id, "rollout"));
  expect(timesAsked(stack, app)).toEqual([1, 1, 1, 1]);
});

test("Azurite, Event Grid and the model may be killed, again and again, under a pipeline", async () => {
  const app = "beside-killed";
  const { id } = await startScenario(stack, file, "session", app);

  for (const [part, step] of [
    ["azurite", "createSession"],
    ["model", "runFlow"],
    ["azurite", "runEvaluation"],
    ["eventGrid", "publishEvaluation"],
    ["azurite", "createDeployment"],
  ] as const) {
    await meet(momentOfStep(step), file, id);
    file = await stack.killPart(part);
  }

  const ended = await flowgateAt(file.functions).follow(id);
  expect(await accountOf(file, ended)).toEqual(wholeAccount(app, id, "session"));
  expect(timesAsked(stack, app)).toEqual([1, 1, 1, 1]);
});

test("a supervisor that is killed twice while a pipeline deploys, the second time as soon as it is back, goes on", async () => {
  const app = "supervisor-killed";
  const { id } = await startScenario(stack, file, "session", app);
  await meet(momentOfStep("createDeployment"), file, id);
  const first = file;

  for (let kills = 0; kills < 2; kills += 1) {
    await stack.end("SIGKILL");
    file = await stack.start();
  }

  expect(await gone(partsOf(first), 0)).toEqual([]);
  expect(file.functions).toBe(first.functions);
  const ended = await flowgateAt(file.functions).follow(id);
  expect(await accountOf(file, ended)).toEqual(wholeAccount(app, id, "session"));
});

test("an Azurite that is killed while nothing goes on has everything after a stop and a start", async () => {
  await stack.killPart("azurite");
  const before = (await flowgateAt(file.functions).list()).body;

  expect(await stack.end("SIGTERM")).toBe(0);
  file = await stack.start();

  expect(before.items.length).toBeGreaterThan(0);
  expect((await flowgateAt(file.functions).list()).body).toEqual(before);
});

test.each([
  ["bundle", "bundles", "BUNDLE_UNKNOWN"],
  ["snapshot", "results", "DATA_UNKNOWN"],
])(
  "a %s that is gone for good ends a pipeline with an error that names it, and nothing is left",
  async (what, container, code) => {
    const app = `lost-${what}`;
    const { id, bundle } = await startScenario(stack, file, "session", app);
    await meet(momentOfStep("runFlow"), file, id);
    const connectionString = connectionStringOf(file);
    const storage = connectStorage({ connectionString }, { getToken: async () => null });
    const name =
      what === "bundle" ? `${app}/${bundle.replace(":", "-")}.zip` : `${id}/data-0.jsonl`;
    await (await storage.container(container)).deleteBlob(name);
    // It keeps what it read a moment ago.
    file = await stack.killPart("functions");

    const ended = await flowgateAt(file.functions).follow(id);

    expect(ended).toMatchObject({ status: "failed", stage: "done", verdict: { outcome: "error" } });
    expect(ended.error?.code).toBe(code);
    const made = await backDoorAt(file).inventoryOf(app, [id]);
    expect(made.map(({ kind }) => kind).filter((kind) => kind !== "run")).toEqual([]);
  },
);
