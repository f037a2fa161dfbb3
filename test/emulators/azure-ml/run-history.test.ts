import { afterAll, beforeAll, expect, test } from "vitest";
import { type Azurite, startAzurite } from "./azurite.ts";
import {
  type Answer,
  aSubmit,
  endedRun,
  type Stand,
  startStand,
  uploadSources,
  WORKSPACE,
} from "./stand.ts";

let azurite: Azurite;
let stand: Stand;
beforeAll(async () => {
  azurite = await startAzurite();
  stand = await startStand(azurite);
  await uploadSources(stand);
  await stand.upload("LocalUpload/d2/data.jsonl", '{"question":"a"}\n{"question":"boom"}\n');
});
afterAll(async () => {
  await stand[Symbol.asyncDispose]();
  await azurite[Symbol.asyncDispose]();
});

async function run(runId: string, more: Readonly<Record<string, unknown>> = {}) {
  const submitted = await stand.flow("POST", "/BulkRuns/submit", aSubmit(runId, more));
  expect(submitted).toMatchObject({ status: 200, body: runId });
  return await endedRun(stand, runId);
}

async function metricsOf(runId: string): Promise<Record<string, unknown>> {
  const path = `/metric/v2.0${WORKSPACE}/runs/${runId}/lastvalues`;
  const { body } = await stand.call("POST", path, { body: {} });
  return Object.assign({}, ...body.value.map((metric: Answer["body"]) => metric.value[0].data));
}

test("the flow service knows a run's definition but not its status; run history has no unknown runs", async () => {
  await run("known");

  const info = await stand.flow("GET", "/BulkRuns/known");
  expect(info.body).toMatchObject({ flowRunId: "known", flowGraph: { nodes: [{ name: "echo" }] } });
  expect(info.body).not.toHaveProperty("status");
  const unknown = await stand.history("POST", "/rundata", { runId: "unknown" });
  expect(unknown).toMatchObject({
    status: 404,
    body: {
      error: {
        code: "UserError",
        message: "Run runId=unknown was not found",
        innerError: { code: "NotFoundError" },
      },
      componentName: "run-history",
      statusCode: 404,
    },
  });
  expect(await metricsOf("unknown")).toEqual({});
});

test("the log is one growing text that keeps values of environment variables to itself", async () => {
  await run("logged", { environmentVariables: { KEY: "secret-value" } });

  const { body } = await stand.flow("GET", "/BulkRuns/logged/logContent");

  expect(body).toContain("Receiving v2 bulk run request logged");
  expect(body).toContain("Ending the aml run 'logged' with status 'Completed'");
  expect(body).not.toContain("secret-value");
});

test("run history keeps a new name, more tags and whether a run is hidden", async () => {
  await run("renamed", { tags: { digest: "abc" } });

  const path = "/runs/renamed/modify";
  const change = { displayName: "New", tags: { verdict: "passed" }, hidden: true };
  expect((await stand.history("PATCH", path, change)).status).toBe(200);
  expect((await stand.history("PATCH", path)).body).toMatchObject({
    displayName: "New",
    tags: { digest: "abc", verdict: "passed" },
    hidden: true,
    status: "Completed",
  });
  expect((await stand.history("PATCH", path, { tags: 1 })).status).toBe(400);
});

test("the outputs of a run resolve to the folder of its artifacts", async () => {
  const { outputs } = await run("assets");

  const path = `/data/v1.0${WORKSPACE}/dataversion/getByAssetId`;
  const asset = await stand.call("POST", path, { body: { value: outputs.debug_info.assetId } });
  expect(asset.body.dataVersion.dataUri).toMatch(
    /datastores\/workspaceblobstore\/paths\/promptflow\/PromptFlowArtifacts\/assets\/$/,
  );
  expect((await stand.call("POST", path, { body: { value: "azureml://x" } })).status).toBe(404);
});
