import { BlobClient } from "@azure/storage-blob";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
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

const INDEX = `/index/v1.0${WORKSPACE}/entities`;
const SNAPSHOTS = `/content/v2.0${WORKSPACE}/snapshots/sas`;

let azurite: Azurite;
let stand: Stand;
beforeAll(async () => {
  azurite = await startAzurite();
});
beforeEach(async () => {
  stand = await startStand(azurite);
  await uploadSources(stand);
  return () => stand[Symbol.asyncDispose]();
});
afterAll(() => azurite[Symbol.asyncDispose]());

async function run(runId: string) {
  expect((await stand.flow("POST", "/BulkRuns/submit", aSubmit(runId))).status).toBe(200);
  const ended = await endedRun(stand, runId);
  stand.clock.advance(1000);
  return ended;
}

async function search(body: unknown): Promise<Answer> {
  return await stand.call("POST", INDEX, { body });
}

function idsOf({ body }: Answer): string[] {
  return body.value.map((one: Answer["body"]) => one.properties.runId);
}

const archived = (value: string) => ({
  field: "annotations/archived",
  operator: "eq",
  values: [value],
});

test("runs are found newest first, a page at a time, until they are archived", async () => {
  for (const runId of ["first", "second", "third"]) await run(runId);
  await stand.history("PATCH", "/runs/second/modify", { hidden: true });

  const page = await search({ filters: [archived("false")], pageSize: 1 });
  expect(page.body).toMatchObject({ totalCount: 2, nextSkip: 1 });
  expect(idsOf(page)).toEqual(["third"]);
  expect(idsOf(await search({ filters: [archived("false")], skip: 1 }))).toEqual(["first"]);
  expect(idsOf(await search({ filters: [archived("true")] }))).toEqual(["second"]);
  const oldestFirst = [{ field: "properties/creationContext/createdTime", direction: "Asc" }];
  expect(idsOf(await search({ order: oldestFirst }))).toEqual(["first", "second", "third"]);
});

test("a filter compares what an entity has; the index knows nothing but runs", async () => {
  await run("only");
  const filter = (field: string, operator: string, values: string[]) =>
    search({ filters: [{ field, operator, values }] });

  const found = await filter("properties/runType", "contains", ["FlowRun", "EvaluationRun"]);
  expect(found.body.value[0]).toMatchObject({
    annotations: { status: "Completed", displayName: "only", archived: false },
    properties: { runId: "only", experimentName: "default", duration: "00:00:00.0000000" },
  });
  expect(idsOf(await filter("type", "eq", ["flows"]))).toEqual([]);
  expect(idsOf(await filter("type", "ne", ["flows"]))).toEqual(["only"]);
  expect(idsOf(await search({ freeTextSearch: "other" }))).toEqual([]);
  expect(await filter("type", "like", ["runs"])).toMatchObject({
    status: 400,
    body: { error: { code: "UserError", innerError: { code: "BadArgument" } } },
  });
});

test("the index lags behind run history", async () => {
  await using slow = await startStand(azurite, { latency: "real" });
  await slow.flow("POST", "/BulkRuns/submit", aSubmit("late"));
  const found = async () => (await slow.call("POST", INDEX, { body: {} })).body.totalCount;

  expect((await slow.history("POST", "/rundata", { runId: "late" })).status).toBe(200);
  expect(await found()).toBe(0);
  slow.clock.advance(5000);
  expect(await found()).toBe(1);
});

test("a snapshot keeps the flow as it was submitted, and its URLs open", async () => {
  await stand.upload("LocalUpload/f1/qa/prompts/ask.jinja2", "Ask");
  const { properties } = await run("kept");
  await stand.upload("LocalUpload/f1/qa/prompts/ask.jinja2", "Changed");

  const snapshotOrAssetId = properties["azureml.promptflow.snapshot_id"];
  const { body } = await stand.call("POST", SNAPSHOTS, { body: { snapshotOrAssetId } });

  expect(body).toMatchObject({ type: "Directory", absoluteUrl: null });
  expect(Object.keys(body.children)).toEqual(["flow.dag.yaml", "prompts"]);
  const file = body.children.prompts.children["ask.jinja2"];
  expect(file).toMatchObject({ type: "File", sizeBytes: 3, children: {} });
  expect(file.absoluteUrl).toContain("/runs/kept/prompts/ask.jinja2");
  expect((await new BlobClient(file.sasUrl).downloadToBuffer()).toString()).toBe("Ask");
});

test("an unknown snapshot is not found", async () => {
  const answer = await stand.call("POST", SNAPSHOTS, { body: { snapshotOrAssetId: "none" } });

  expect(answer).toMatchObject({ status: 404, body: { error: { code: "UserError" } } });
});
