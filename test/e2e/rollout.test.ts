import { setTimeout as sleep } from "node:timers/promises";
import { expect, inject, test } from "vitest";
import type { Pipeline } from "#domain/pipeline.ts";
import { backDoorAt } from "#kit/back-door.ts";
import { flowgateAt } from "#kit/flowgate.ts";
import { aPythonApp } from "#kit/python-app.ts";

const stack = inject("stack");
const flowgate = flowgateAt(stack.functions);
const backDoor = backDoorAt(stack);

type Traffic = Readonly<Record<string, number>>;

async function trafficOf(app: string): Promise<Traffic> {
  const path = `onlineEndpoints/${app}-endpoint`;
  return (await backDoor.arm<{ properties: { traffic: Traffic } }>(path)).properties.traffic;
}

async function deploymentsOf(app: string): Promise<readonly string[]> {
  const all = await backDoor.inventoryOf(app);
  return all.filter(({ kind }) => kind === "deployment").map(({ name }) => name);
}

/** Asks the endpoint and looks at its traffic, again and again, until the pipeline has ended. */
async function watched(app: string, scoringUri: string, pipeline: Promise<Pipeline>) {
  const traffic: Traffic[] = [];
  const answers: unknown[] = [];
  let ended = false;
  const settled = pipeline.finally(() => {
    ended = true;
  });
  while (!ended) {
    traffic.push(await trafficOf(app));
    answers.push(await backDoor.score(`${app}-endpoint`, scoringUri, { question: "Oak" }));
    await sleep(50);
  }
  return { traffic, answers, pipeline: await settled };
}

test.concurrent("traffic moves in the steps of the manifest, always whole, and every question is answered", async () => {
  const app = "in-steps";
  const first = await flowgate.run(app, aPythonApp({ name: app }), { deploy: true });
  const old = first.deployment?.deployment ?? "";
  const next = aPythonApp({
    name: app,
    answer: ["return question.swapcase()"],
    manifest: { deploy: { rollout: { steps: [10, 50, 100], bake: "1s" } } },
  });

  const { traffic, answers, pipeline } = await watched(
    app,
    first.deployment?.scoringUri ?? "",
    flowgate.run(app, next, { deploy: true }),
  );

  const now = pipeline.deployment?.deployment ?? "";
  expect(pipeline.deployment).toMatchObject({ outcome: "deployed", traffic: { [now]: 100 } });
  const shares = traffic.map((shared) => shared[now] ?? 0);
  expect(shares).toEqual(shares.toSorted((a, b) => a - b));
  expect(new Set(shares)).toEqual(new Set([0, 10, 50, 100]));
  for (const shared of traffic) {
    expect((shared[old] ?? 0) + (shared[now] ?? 0)).toBe(100);
  }
  const said = new Set(answers.map((answer) => JSON.stringify(answer)));
  expect(said).toEqual(new Set(['{"answer":"OAK"}', '{"answer":"oAK"}']));
  expect(await deploymentsOf(app)).toEqual([now]);
});

test.concurrent("traffic that cannot be moved is put back exactly", async () => {
  const app = "put-back";
  const first = await flowgate.run(app, aPythonApp({ name: app }), { deploy: true });
  const old = first.deployment?.deployment ?? "";
  const next = aPythonApp({
    name: app,
    answer: ["return question.swapcase()"],
    manifest: { deploy: { rollout: { steps: [10, 100], bake: "2s" } } },
  });
  const { digest } = (await flowgate.upload(app, next)).body;
  const candidate = `fg-${digest.slice(7, 19)}`;
  const running = flowgate.run(app, next, { deploy: true });
  for (const end = Date.now() + 30_000; Date.now() < end; await sleep(20)) {
    if ((await trafficOf(app))[candidate] === 10) break;
  }
  await backDoor.breakAzureMl({
    method: "PUT",
    path: `/onlineEndpoints/${app}-endpoint\\?`,
    do: { status: 400, body: { error: { code: "BadRequest", message: "Not now." } } },
  });

  const pipeline = await running;

  expect(pipeline).toMatchObject({
    status: "failed",
    verdict: { outcome: "passed" },
    deployment: {
      outcome: "rolledBack",
      reason: expect.stringContaining("Not now."),
      traffic: { [old]: 100 },
    },
  });
  expect(await trafficOf(app)).toEqual({ [old]: 100 });
  expect(await deploymentsOf(app)).toEqual([old]);
});
