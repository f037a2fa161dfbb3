import { BlobServiceClient } from "@azure/storage-blob";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
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

/** On a machine that is busy each part takes seconds to come back. */
vi.setConfig({ testTimeout: 300_000 });

const IN_TURN = ["functions", "azurite", "eventGrid"] as const;

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

/** Every fourth step of a good pipeline, `runFlow` among them. All of them are a matter of minutes: npm run crash:stack. */
function someStepsOf(good: Pipeline) {
  const all = momentsOfSteps(good);
  const first = all.findIndex(({ name }) => name === "step runFlow") % 4;
  return all.filter((_, index) => index % 4 === first);
}

test("part after part may be killed in step after step of a rollout: nothing is lost, repeated or left", async () => {
  const app = "killed-in-steps";
  const { id } = await startScenario(stack, file, "rollout", app);

  for (const [index, moment] of someStepsOf(await firstOf(app)).entries()) {
    await meet(moment, file, id);
    const part = moment.name === "step runFlow" ? "model" : IN_TURN[index % IN_TURN.length];
    file = await stack.killPart(part ?? "functions");
  }

  const ended = await flowgateAt(file.functions).follow(id);
  expect(await accountOf(file, ended)).toEqual(wholeAccount(app, id, "rollout"));
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

test("a bundle or a dataset that is gone for good ends its pipeline with an error that names it, and nothing is left", async () => {
  const [bundleless, dataless] = await Promise.all(
    ["lost-bundle", "lost-data"].map((app) => startScenario(stack, file, "session", app)),
  );
  if (bundleless === undefined || dataless === undefined) throw new Error("Two were started.");
  const both = [bundleless, dataless];
  await Promise.all(both.map(({ id }) => meet(momentOfStep("runFlow"), file, id)));
  const zip = `lost-bundle/${bundleless.bundle.replace(":", "-")}.zip`;
  await removeBlob("bundles", zip);
  await removeBlob("results", `${dataless.id}/data-0.jsonl`);
  // It keeps what it read a moment ago.
  file = await stack.killPart("functions");

  const ended = await Promise.all(both.map(({ id }) => flowgateAt(file.functions).follow(id)));

  for (const { status, stage, verdict } of ended) {
    expect({ status, stage, outcome: verdict?.outcome }).toEqual({
      status: "failed",
      stage: "done",
      outcome: "error",
    });
  }
  expect(ended.map(({ error }) => error?.message)).toEqual([
    `lost-bundle has no bundle ${bundleless.bundle}. PUT it first.`,
    `The snapshot results/${dataless.id}/data-0.jsonl is not there any more.`,
  ]);
  for (const { app, id } of both) {
    // A run costs nothing once it has ended; whether one was started before the kill is a race.
    const kinds = (await backDoorAt(file).inventoryOf(app, [id])).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind !== "run")).toEqual([]);
  }
});

async function removeBlob(container: string, name: string): Promise<void> {
  const service = BlobServiceClient.fromConnectionString(connectionStringOf(file));
  await service.getContainerClient(container).deleteBlob(name);
}
