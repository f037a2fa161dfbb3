import { expect, inject, test } from "vitest";
import { deploymentName } from "#domain/naming.ts";
import { backDoorAt } from "#kit/back-door.ts";
import { flowgateAt } from "#kit/flowgate.ts";
import { aPythonApp } from "#kit/python-app.ts";
import { aboutToStart, expectNothingLeft } from "#kit/shared-flowgate.ts";
import { readResult } from "#kit/test-data.ts";

const stack = inject("stack");
const flowgate = flowgateAt(stack.functions);
const backDoor = backDoorAt(stack);

interface Endpoint {
  readonly properties: { readonly traffic: Readonly<Record<string, number>> };
}

async function deploymentsOf(app: string) {
  const found = await backDoor.inventoryOf(app);
  return found.filter(({ kind }) => kind === "deployment").map(({ name }) => name);
}

test.concurrent("a deployment that fails is taken away with its log kept, and what serves goes on", async () => {
  const app = "candidate-fails";
  const first = await flowgate.run(app, aPythonApp({ name: app }), { deploy: true });
  const stable = first.deployment?.deployment ?? "";
  expect(first.deployment).toMatchObject({ outcome: "deployed", traffic: { [stable]: 100 } });

  const another = aPythonApp({ name: app, answer: ["return question.swapcase()"] });
  const candidate = await aboutToStart(app, another);
  const name = deploymentName(candidate.bundle, null);
  const message = "The container left with exit code 3.";
  await backDoor.breakAzureMl({ on: "deployment", match: `^${name}$`, outcome: "failed", message });
  const ended = await candidate.run();

  const log = `${ended.id}/deployment.log`;
  expect(ended).toMatchObject({
    status: "failed",
    stage: "done",
    verdict: { outcome: "passed" },
    deployment: {
      outcome: "failed",
      endpoint: `${app}-endpoint`,
      deployment: name,
      traffic: { [stable]: 100 },
      reason: expect.stringContaining(
        `DEPLOYMENT_FAILED: ${name} failed: ResourceNotReady: User container has crashed or terminated: ${message}`,
      ),
    },
  });
  expect(ended.deployment?.reason).toContain(log);
  expect(await readResult(stack.storage, log)).toContain("InferenceServer");
  expect(await deploymentsOf(app)).toEqual([stable]);
  const { properties } = await backDoor.arm<Endpoint>(`onlineEndpoints/${app}-endpoint`);
  expect(properties.traffic).toEqual({ [stable]: 100 });
  await expectNothingLeft(ended);
  await expect(
    backDoor.score(`${app}-endpoint`, first.deployment?.scoringUri ?? "", { question: "Oak" }),
  ).resolves.toEqual({ answer: "OAK" });
});

test.concurrent("a first deployment that fails leaves an endpoint without deployments and traffic", async () => {
  const app = "first-fails";
  const candidate = await aboutToStart(app);
  const match = `^${deploymentName(candidate.bundle, null)}$`;
  await backDoor.breakAzureMl({ on: "deployment", match, outcome: "failed" });
  const ended = await candidate.run();

  expect(ended).toMatchObject({
    status: "failed",
    verdict: { outcome: "passed" },
    deployment: { outcome: "failed", traffic: {} },
  });
  expect(await deploymentsOf(app)).toEqual([]);
  await expectNothingLeft(ended);
});

test.concurrent("a deployment that does not answer the smoke request gets no traffic", async () => {
  const app = "smoke-fails";
  const raises = [
    'if question == "oak":',
    '    raise ValueError("no oaks")',
    "return question.upper()",
  ];
  const ended = await flowgate.run(app, aPythonApp({ name: app, answer: raises }), {
    deploy: true,
  });

  expect(ended).toMatchObject({
    status: "failed",
    verdict: { outcome: "passed" },
    deployment: {
      outcome: "failed",
      traffic: {},
      reason: expect.stringMatching(/^SMOKE_FAILED: /),
    },
  });
  expect(await deploymentsOf(app)).toEqual([]);
  await expectNothingLeft(ended);
});

test.concurrent("a registry that refuses the model ends the deployment before anything is deployed", async () => {
  const app = "no-registry";
  await backDoor.breakAzureMl({
    method: "PUT",
    path: `/models/${app}-model/versions/`,
    do: { status: 403, body: { error: { code: "AuthorizationFailed", message: "No models." } } },
  });
  const ended = await flowgate.run(app, aPythonApp({ name: app }), { deploy: true });

  expect(ended).toMatchObject({
    status: "failed",
    verdict: { outcome: "passed" },
    deployment: {
      outcome: "failed",
      reason: expect.stringMatching(/^AZURE_REFUSED: .*AuthorizationFailed/s),
    },
  });
  expect(await deploymentsOf(app)).toEqual([]);
  await expectNothingLeft(ended);
});
