import { describe, expect, test } from "vitest";
import { createArm } from "#azure/deployment/arm.ts";
import { createScoring } from "#azure/deployment/scoring.ts";
import { createAzureHttp } from "#azure/http.ts";
import { credential, type LiteralAnswer, startLiteral } from "./literal-server.ts";

const workspace = { subscriptionId: "s", resourceGroup: "g", workspace: "w" };

async function start(authMode: string, answers: readonly LiteralAnswer[]) {
  const left = [...answers];
  const server = await startLiteral(({ path }) => {
    if (path === "/score") return left.length > 1 ? left.shift() : left[0];
    if (path.endsWith("/listKeys")) return { body: { primaryKey: "key-1", secondaryKey: "k" } };
    if (path.endsWith("/token")) return { body: { accessToken: "aml-1" } };
    return path.endsWith("/qa") ? { body: { properties: { authMode } } } : undefined;
  });
  const arm = createArm({ http: createAzureHttp(credential), workspace, armEndpoint: server.url });
  const scoring = createScoring({ arm, credential, waitsMs: [0, 0, 0] });
  const ask = (endpoint = "qa") =>
    scoring.ask({
      endpoint,
      deployment: "fg-1",
      scoringUri: `${server.url}/score`,
      inputs: { question: "why?" },
    });
  const scored = () => server.asked.filter(({ path }) => path === "/score");
  return { ask, scored, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

const good = { body: { answer: "so" } };

describe("asking a deployment", () => {
  test.each([
    ["Key", "Bearer key-1"],
    ["AMLToken", "Bearer aml-1"],
    ["AADToken", "Bearer local"],
  ])("with %s names it in a header and shows %s", async (authMode, authorization) => {
    await using stand = await start(authMode, [good]);

    const { requestId, ...answer } = await stand.ask();
    expect(answer).toEqual({ status: 200, text: '{"answer":"so"}', reason: null });
    const [question] = stand.scored();
    expect(question?.headers.get("x-ms-client-request-id")).toBe(requestId);
    expect(question?.headers.get("authorization")).toBe(authorization);
    expect(question?.headers.get("azureml-model-deployment")).toBe("fg-1");
    expect(question?.body).toEqual({ question: "why?" });
  });

  test.each([424, 429, 500, 502, 503, 504])("tries again after a %i", async (status) => {
    await using stand = await start("Key", [{ status, body: {} }, good]);

    expect(await stand.ask()).toMatchObject({ status: 200 });
    expect(stand.scored()).toHaveLength(2);
  });

  test("gives the last answer after four tries, with the container's reason", async () => {
    const headers = { "ms-azureml-model-error-reason": "model_error", "x-request-id": "the-id" };
    await using stand = await start("Key", [{ status: 424, body: {}, headers }]);

    const answer = { status: 424, text: "{}", reason: "model_error", requestId: "the-id" };
    expect(await stand.ask()).toEqual(answer);
    expect(stand.scored()).toHaveLength(4);
  });

  test.each([400, 401, 404, 408])("takes a %i for an answer", async (status) => {
    await using stand = await start("Key", [{ status, body: {} }, good]);

    expect(await stand.ask()).toMatchObject({ status });
  });

  test("at an endpoint that is gone fails", async () => {
    await using stand = await start("Key", [good]);

    await expect(stand.ask("other")).rejects.toMatchObject({ code: "DEPLOYMENT_FAILED" });
  });
});
