import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { backDoorAt } from "#kit/back-door.ts";
import { flowgateAt } from "#kit/flowgate.ts";
import { aPythonApp } from "#kit/python-app.ts";
import { aSimulation } from "#kit/simulation.ts";
import { StackProcess } from "#kit/stack-process.ts";

const timeout = 300_000;
const LATE_S = 45;
/** The rollout's own two, that of the smoke test, and those of the endpoint's preparation and of the change itself. */
const READS_BEFORE_THE_FIRST_STEP = 5;
const latency = `none,trafficReadBack=${LATE_S}`;

/** The next version of the app, in two steps. */
const nextOf = (name: string) =>
  aPythonApp({
    name,
    answer: ["return question.swapcase()"],
    manifest: { deploy: { rollout: { steps: [10, 100], bake: "1s" } } },
  });

type Place = Readonly<{
  flowgate: ReturnType<typeof flowgateAt>;
  backDoor: ReturnType<typeof backDoorAt>;
}>;

/** An endpoint at which one version serves, and what becomes of it. */
async function deployed({ flowgate, backDoor }: Place, app: string) {
  const { deployment } = await flowgate.run(app, aPythonApp({ name: app }), { deploy: true });
  const path = `onlineEndpoints/${app}-endpoint`;
  const from = await backDoor.lastRequest();
  return {
    old: deployment?.deployment ?? "",
    /** Reads and changes of the endpoint itself since then. */
    requests: async () =>
      (await backDoor.requests(from)).filter((seen) => seen.path.includes(`/${path}?`)),
    traffic: async () =>
      (await backDoor.arm<{ properties: { traffic: unknown } }>(path)).properties.traffic,
    deployments: async () =>
      (await backDoor.inventoryOf(app)).flatMap(({ kind, name }) =>
        kind === "deployment" ? [name] : [],
      ),
    answer: () =>
      backDoor.score(`${app}-endpoint`, deployment?.scoringUri ?? "", { question: "Oak" }),
  };
}

const isChange = ({ method }: { readonly method: string }) => method === "PUT";

test("a step begins when the one before is read back, and the old deployment goes after the last", {
  timeout,
}, async () => {
  await using simulation = await aSimulation({ latency });
  const app = "late-steps";
  const endpoint = await deployed(simulation, app);

  const { deployment } = await simulation.flowgate.run(app, nextOf(app), { deploy: true });

  const now = deployment?.deployment ?? "";
  expect(deployment).toMatchObject({ outcome: "deployed", traffic: { [now]: 100 } });
  const [first, second, ...more] = (await endpoint.requests()).filter(isChange);
  expect(more).toEqual([]);
  const betweenMs = Date.parse(second?.at ?? "") - Date.parse(first?.at ?? "");
  expect(betweenMs).toBeGreaterThanOrEqual(LATE_S * 1_000);
  expect(await endpoint.deployments()).toEqual([now]);
  expect(await endpoint.answer()).toEqual({ answer: "oAK" });
});

test("a step that fails before it is read back is taken back, and the candidate goes", {
  timeout,
}, async () => {
  await using simulation = await aSimulation({ latency });
  const { flowgate, backDoor } = simulation;
  const app = "late-way-back";
  const endpoint = await deployed(simulation, app);
  await backDoor.breakAzureMl({
    method: "GET",
    path: `/onlineEndpoints/${app}-endpoint\\?`,
    skip: READS_BEFORE_THE_FIRST_STEP,
    times: 1,
    do: { status: 403, body: { error: { code: "AuthorizationFailed", message: "Not now." } } },
  });

  const { deployment } = await flowgate.run(app, nextOf(app), { deploy: true });

  const requests = await endpoint.requests();
  expect(requests[requests.findIndex(isChange) + 1]).toMatchObject({ method: "GET", status: 403 });
  expect(requests.filter(isChange)).toHaveLength(2);
  expect(deployment).toMatchObject({
    outcome: "rolledBack",
    reason: expect.stringMatching(/^AZURE_REFUSED: .*Not now\.(?!.*way back)/),
    traffic: { [endpoint.old]: 100 },
  });
  expect(await endpoint.traffic()).toEqual({ [endpoint.old]: 100 });
  expect(await endpoint.deployments()).toEqual([endpoint.old]);
  expect(await endpoint.answer()).toEqual({ answer: "OAK" });
});

test("a Functions host that is killed while a step is not read back goes on with the rollout", {
  timeout,
}, async () => {
  await using stack = await StackProcess.create();
  const file = await stack.start("--latency", "none,trafficReadBack=3");
  const flowgate = flowgateAt(file.functions);
  const app = "late-killed";
  const endpoint = await deployed({ flowgate, backDoor: backDoorAt(file) }, app);
  const { digest } = (await flowgate.upload(app, nextOf(app))).body;
  const { id } = (await flowgate.start({ app, bundle: digest, deploy: true })).body;
  for (const end = Date.now() + 60_000; Date.now() < end; await sleep(20)) {
    if ((await endpoint.requests()).some(isChange)) break;
  }
  expect(await endpoint.traffic()).toEqual({ [endpoint.old]: 100 });

  await stack.killPart("functions");

  const { deployment } = await flowgate.follow(id);
  const now = deployment?.deployment ?? "";
  expect(deployment).toMatchObject({ outcome: "deployed", traffic: { [now]: 100 } });
  expect(await endpoint.deployments()).toEqual([now]);
  expect(await endpoint.answer()).toEqual({ answer: "oAK" });
});
