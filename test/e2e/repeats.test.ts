import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { BlobServiceClient } from "@azure/storage-blob";
import { expect, inject, test } from "vitest";
import { backDoorAt } from "#kit/back-door.ts";
import { flowgateAt } from "#kit/flowgate.ts";
import { aPythonApp, FOUR_RIGHT, jsonLines } from "#kit/python-app.ts";

const stack = inject("stack");
const flowgate = flowgateAt(stack.functions);
const backDoor = backDoorAt(stack);
const testData = BlobServiceClient.fromConnectionString(stack.storage).getContainerClient(
  "test-data",
);

const ROWS = jsonLines(FOUR_RIGHT);

async function uploadData(blob: string, text: string): Promise<void> {
  await testData.getBlockBlobClient(blob).uploadData(Buffer.from(text));
}

async function baseRunsOf(app: string): Promise<readonly string[]> {
  const names = (await backDoor.inventoryOf(app))
    .filter(({ kind }) => kind === "run")
    .map(({ name }) => name);
  return names.filter((name) => name.endsWith("-base-0"));
}

/** The host's lines that hold a text, once there are `count`; gives up after 30 s. */
async function logged(text: string, count: number): Promise<readonly string[]> {
  for (const end = Date.now() + 30_000; Date.now() < end; await sleep(100)) {
    const lines = readFileSync(stack.log, "utf8").split("\n");
    const found = lines.filter((line) => line.includes(text));
    if (found.length >= count) return found;
  }
  throw new Error(`The host did not log ${count} times: ${text}`);
}

test.concurrent("twenty equal requests at once are one pipeline", async () => {
  const app = "twenty-at-once";
  const { digest } = (await flowgate.upload(app, aPythonApp({ name: app }))).body;

  const answers = await Promise.all(
    Array.from({ length: 20 }, () => flowgate.start({ app, bundle: digest })),
  );

  const first = answers.find(({ status }) => status === 202);
  const id = first?.body.id ?? "";
  expect(answers.map(({ status }) => status).toSorted()).toEqual([...Array(19).fill(200), 202]);
  expect(new Set(answers.map(({ body }) => body.id))).toEqual(new Set([id]));
  expect(first?.headers.get("location")).toBe(`/api/pipelines/${id}`);
  expect((await flowgate.follow(id)).status).toBe("succeeded");
  expect(await baseRunsOf(app)).toEqual([`${id}-base-0`]);
  expect((await flowgate.list({ app })).body.items).toHaveLength(1);
});

test.concurrent("the same request after its pipeline has ended gets that pipeline", async () => {
  const app = "asked-later";
  const ended = await flowgate.run(app, aPythonApp({ name: app }));

  const again = await flowgate.start({ app, bundle: "latest" });

  expect(again.status).toBe(200);
  expect(again.body).toEqual(ended);
  expect(await baseRunsOf(app)).toEqual([`${ended.id}-base-0`]);
});

test.concurrent("another attempt is another pipeline", async () => {
  const app = "once-more";
  const { digest } = (await flowgate.upload(app, aPythonApp({ name: app }))).body;

  const answers = await Promise.all(
    [1, 2].map((attempt) => flowgate.start({ app, bundle: digest, attempt })),
  );

  const ids = answers.map(({ body }) => body.id);
  expect(answers.map(({ status }) => status)).toEqual([202, 202]);
  expect(new Set(ids).size).toBe(2);
  for (const id of ids) expect((await flowgate.follow(id)).verdict?.outcome).toBe("passed");
  expect((await baseRunsOf(app)).toSorted()).toEqual(ids.map((id) => `${id}-base-0`).toSorted());
});

test.concurrent("an upload whose event comes three times is one pipeline", async () => {
  const app = "told-thrice";
  await flowgate.upload(app, aPythonApp({ name: app }));
  await uploadData(`${app}/data.jsonl`, ROWS);
  const [started] = await flowgate.started(app);
  const id = started?.id ?? "";

  const event = {
    id: "7f0a5b1e-3c52-4c6f-9d1e-2a64c1d0a9b4",
    topic: "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a",
    subject: `/blobServices/default/containers/test-data/blobs/${app}/data.jsonl`,
    eventType: "Microsoft.Storage.BlobCreated",
    eventTime: "2026-01-01T00:00:00Z",
    dataVersion: "",
    metadataVersion: "1",
    data: { api: "PutBlob", url: testData.getBlobClient(`${app}/data.jsonl`).url },
  };
  const webhook = `${stack.functions}/runtime/webhooks/blobs?functionName=Host.Functions.startPipelineOnData`;
  const delivered = await Promise.all(
    [1, 2].map(() =>
      fetch(webhook, {
        method: "POST",
        headers: { "content-type": "application/json", "aeg-event-type": "Notification" },
        body: JSON.stringify([event]),
      }),
    ),
  );

  expect(delivered.map(({ status }) => status)).toEqual([202, 202]);
  await logged(`Already known: ${id}`, 2);
  expect(await flowgate.follow(id)).toMatchObject({ trigger: "data", status: "succeeded" });
  expect((await flowgate.list({ app })).body.items.map((found) => found.id)).toEqual([id]);
  expect(await baseRunsOf(app)).toEqual([`${id}-base-0`]);
});

test.concurrent("the same rows uploaded again are another pipeline", async () => {
  const app = "uploaded-again";
  await flowgate.upload(app, aPythonApp({ name: app }));
  await uploadData(`${app}/data.jsonl`, ROWS);
  const [first] = await flowgate.started(app);
  const ended = await flowgate.follow(first?.id ?? "");
  await uploadData(`${app}/data.jsonl`, ROWS);

  const both = await flowgate.started(app, 2);

  const second = await flowgate.follow(both[0]?.id ?? "");
  expect(both.map(({ id }) => id)).toEqual([second.id, ended.id]);
  expect(second.data).toBe(ended.data);
});

test.concurrent("new data does not deploy a bundle that was only uploaded", async () => {
  const app = "only-put";
  await flowgate.upload(app, aPythonApp({ name: app }));
  await uploadData(`${app}/data.jsonl`, ROWS);
  const [started] = await flowgate.started(app);

  const pipeline = await flowgate.follow(started?.id ?? "");

  expect(pipeline).toMatchObject({
    trigger: "data",
    commit: null,
    status: "succeeded",
    verdict: { outcome: "passed" },
    deployment: {
      outcome: "skipped",
      reason:
        "the latest bundle was only uploaded; no pipeline that may deploy has been accepted with it",
      model: null,
      traffic: {},
    },
  });
  const kinds = (await backDoor.inventoryOf(app)).map(({ kind }) => kind);
  expect(kinds.toSorted()).toEqual(["run", "run"]);
});

test.concurrent("new data deploys the bundle that a pipeline was accepted with to deploy", async () => {
  const app = "data-deploys";
  const weak = await flowgate.run(
    app,
    aPythonApp({
      name: app,
      rows: [{ question: "ash", expected: "oak" }],
    }),
    { deploy: true },
  );
  expect(weak).toMatchObject({ verdict: { outcome: "failed" }, deployment: null });
  await uploadData(`${app}/data.jsonl`, ROWS);

  const [started] = await flowgate.started(app, 2);

  expect(await flowgate.follow(started?.id ?? "")).toMatchObject({
    trigger: "data",
    bundle: weak.bundle,
    verdict: { outcome: "passed" },
    deployment: { outcome: "deployed" },
  });
});

test.concurrent("an upload for an app that nobody knows starts nothing", async () => {
  const app = "nobody-knows";
  await uploadData(`${app}/data.jsonl`, ROWS);

  const lines = await logged(`The dataset of ${app} starts no pipeline`, 1);

  expect(lines).toHaveLength(1);
  expect((await flowgate.list({ app })).body).toEqual({ items: [], next: null });
  expect(await backDoor.inventoryOf(app)).toEqual([]);
});
