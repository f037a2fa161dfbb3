import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LineResult, LoadedFlow } from "#emulators/azure-ml/engine/engine.ts";
import { type Azurite, startAzurite } from "./azurite.ts";
import { createEchoEngine } from "./echo-engine.ts";
import { anEndpoint, deploy, score, startEndpoint } from "./endpoint-stand.ts";

let azurite: Azurite;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite[Symbol.asyncDispose]());

test("a deployed flow answers, by traffic and by header, with the name of who answered", async () => {
  await using stand = await startEndpoint(azurite);
  expect((await deploy(stand, "blue")).state).toBe("Succeeded");
  expect((await deploy(stand, "green")).state).toBe("Succeeded");
  await stand.arm("PUT", "/onlineEndpoints/qa-endpoint", anEndpoint({ blue: 100 }));

  const byTraffic = await score(stand, { question: "hi" });
  expect(byTraffic).toMatchObject({ status: 200, body: { echo: "hi" } });
  expect(byTraffic.headers.get("azureml-model-deployment")).toBe("blue");
  const byHeader = await score(stand, { question: "hi" }, { "azureml-model-deployment": "green" });
  expect(byHeader.headers.get("azureml-model-deployment")).toBe("green");
});

test.each([
  { random: 0, answers: "blue" },
  { random: 0.89, answers: "blue" },
  { random: 0.9, answers: "green" },
])("with 90 to 10, a request that draws $random goes to $answers", async ({ random, answers }) => {
  await using stand = await startEndpoint(azurite, { random: () => random });
  await deploy(stand, "blue");
  await deploy(stand, "green");
  await stand.arm("PUT", "/onlineEndpoints/qa-endpoint", anEndpoint({ blue: 90, green: 10 }));

  const answer = await score(stand, { question: "hi" });

  expect(answer.headers.get("azureml-model-deployment")).toBe(answers);
});

test("a wrong key is 401, no traffic and an unknown deployment are 404, a failing flow is 424", async () => {
  await using stand = await startEndpoint(azurite);
  await deploy(stand, "blue");
  const blue = { "azureml-model-deployment": "blue" };

  expect((await score(stand, {}, { authorization: "Bearer wrong" })).status).toBe(401);
  expect((await score(stand, {})).status).toBe(404);
  expect((await score(stand, {}, { "azureml-model-deployment": "red" })).status).toBe(404);
  const failed = await score(stand, { question: "boom" }, blue);
  expect(failed).toMatchObject({ status: 424, body: { error: { code: "UserError" } } });
  expect(failed.headers.get("ms-azureml-model-error-statuscode")).toBe("400");
});

describe("a request's body", () => {
  const send = async (
    inputs: LoadedFlow["inputs"],
    body: string,
    more: Partial<LineResult> = {},
  ) => {
    const engine = createEchoEngine({
      inputs,
      serve: async (given) => ({
        ...{ lineNumber: 0, status: "Completed", inputs: given, error: null, nodes: {} },
        ...{ startedAt: new Date(), endedAt: new Date(), tokens: { prompt: 0, completion: 0 } },
        outputs: { output: given },
        ...more,
      }),
    });
    await using stand = await startEndpoint(azurite, { engine });
    await deploy(stand, "blue");
    return await score(stand, body, { "azureml-model-deployment": "blue" });
  };
  const one = { q: { type: "string" } };
  const two = { ...one, n: { type: "int" } };

  test.each([
    ["an object", two, '{"q": "x"}', { q: "x" }],
    ["text that is not JSON is the only input", one, "who?", { q: "who?" }],
    ["whatever there is, a flow without inputs ignores it", {}, "who?", {}],
  ])("%s", async (_what, inputs, body, given) => {
    expect(await send(inputs, body)).toMatchObject({ status: 200, body: { output: given } });
  });

  test.each([
    ["who?", "Promptflow executor received non json data, but there's more than 1 input fields"],
    ["[1]", "The request body is no JSON object of the flow inputs q, n."],
    ["5", "The request body is no JSON object of the flow inputs q, n."],
  ])("%s is the container's 400", async (body, message) => {
    const answer = await send(two, body);

    expect(answer.status).toBe(424);
    expect(answer.headers.get("ms-azureml-model-error-statuscode")).toBe("400");
    expect(answer.body.error).toMatchObject({
      code: "UserError",
      message: expect.stringContaining(message),
    });
  });

  test("a flow that returned no map is answered with what it returned", async () => {
    const more = { outputs: { output: "yes" }, isBare: true };

    expect(await send(one, "{}", more)).toMatchObject({ status: 200, body: "yes" });
  });
});

test("a flow that outlasts requestTimeout is a 408", async () => {
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
  const engine = createEchoEngine({
    serve: () => {
      ask();
      return new Promise(() => {});
    },
  });
  await using stand = await startEndpoint(azurite, { engine });
  await deploy(stand, "blue", { requestSettings: { requestTimeout: "PT90S" } });

  const answer = score(stand, { question: "hi" }, { "azureml-model-deployment": "blue" });
  await asked;
  stand.clock.advance(90_000);

  expect((await answer).status).toBe(408);
});

test("deployed endpoints serve again after a restart, with the same keys", async () => {
  await using stand = await startEndpoint(azurite);
  await deploy(stand, "blue");
  const keys = await stand.arm("POST", "/onlineEndpoints/qa-endpoint/listKeys");

  await stand.restart();

  const after = await stand.arm("POST", "/onlineEndpoints/qa-endpoint/listKeys");
  expect(after.body).toEqual(keys.body);
  const answer = await score(stand, { question: "hi" }, { "azureml-model-deployment": "blue" });
  expect(answer).toMatchObject({ status: 200, body: { echo: "hi" } });
});

test("mirrored requests reach the other deployment too, those that name one do not", async () => {
  const served: unknown[] = [];
  const engine = createEchoEngine({
    serve: (inputs) => {
      served.push(inputs["question"]);
      return Promise.reject(new Error("nobody minds"));
    },
  });
  await using stand = await startEndpoint(azurite, { engine, random: () => 0 });
  await deploy(stand, "blue");
  await deploy(stand, "green");
  const mirrored = anEndpoint({ blue: 100 }, { mirrorTraffic: { green: 10 } });
  await stand.arm("PUT", "/onlineEndpoints/qa-endpoint", mirrored);

  await score(stand, { question: "by traffic" });
  await score(stand, { question: "by name" }, { "azureml-model-deployment": "blue" });

  expect(served).toEqual(["by traffic", "by traffic", "by name"]);
});

test("a request in flight keeps its flow while an update brings another", async () => {
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
  const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
  const disposals: string[] = [];
  const engine = createEchoEngine({
    serve: async (inputs) => {
      ask();
      await answered;
      return {
        ...{ lineNumber: 0, status: "Completed", inputs, error: null, nodes: {} },
        ...{ startedAt: new Date(), endedAt: new Date(), tokens: { prompt: 0, completion: 0 } },
        outputs: { disposals: disposals.length },
      };
    },
    async [Symbol.asyncDispose]() {
      disposals.push("disposed");
    },
  });
  await using stand = await startEndpoint(azurite, { engine });
  await deploy(stand, "blue");
  const inFlight = score(stand, { question: "a" }, { "azureml-model-deployment": "blue" });
  await asked;

  await deploy(stand, "blue");
  answer();

  expect(await inFlight).toMatchObject({ status: 200, body: { disposals: 0 } });
  expect(disposals).toEqual(["disposed"]);
});

test("new keys replace the old ones of their type", async () => {
  await using stand = await startEndpoint(azurite);
  const path = "/onlineEndpoints/qa-endpoint";
  const before = await stand.arm("POST", `${path}/listKeys`);

  const changed = await stand.arm("POST", `${path}/regenerateKeys`, { keyType: "Primary" });

  expect(changed.status).toBe(202);
  const after = await stand.arm("POST", `${path}/listKeys`);
  expect(after.body.primaryKey).not.toBe(before.body.primaryKey);
  expect(after.body.secondaryKey).toBe(before.body.secondaryKey);
  expect((await stand.arm("POST", `${path}/regenerateKeys`, {})).status).toBe(400);
});
