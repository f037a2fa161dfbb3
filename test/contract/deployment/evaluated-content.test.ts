import { BlobServiceClient } from "@azure/storage-blob";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { requireEvaluatedModel } from "#activities/evaluated-model.ts";
import { createPlanDeployment } from "#activities/plan-deployment.ts";
import { createRegisterModel } from "#activities/register-model.ts";
import { createUploadFlow } from "#activities/upload-flow.ts";
import { createBundles } from "#azure/storage/bundles.ts";
import { readApp } from "#domain/manifest/read-app.ts";
import { readZip } from "#functions/bundles/read-zip.ts";
import { anAppFolder, zipOf } from "#kit/app-folder.ts";
import { anApp, WORKSPACE } from "#kit/deployment-app.ts";
import { startStorage, type TestStorage } from "#kit/storage.ts";
import { ALONE, type Stand, startStand } from "./stand.ts";

let storage: TestStorage;
beforeAll(async () => {
  storage = await startStorage();
});
afterAll(() => storage[Symbol.asyncDispose]());

const ENDPOINT = "properties: { enforce_access_to_default_secret_stores: enabled }\n";

/** Each test has a content of its own, because equal content shares a place in the datastore. */
function jobOf(stand: Stand, word: string) {
  const app = anApp({ "deployment/endpoint.yaml": ENDPOINT, "qa/words.txt": word });
  stand.stored.set(app.digest, app);
  return { id: "qa-0123456789ab", app: "qa", bundle: app.digest, variant: null };
}

const appsOf = ({ stored }: Stand) => ({
  read: async (_: string, bundle: string) => stored.get(bundle) ?? anApp(),
});

/** Puts another content in the place of a blob of the workspace's datastore; null deletes it. */
async function change(path: string, content: string | null): Promise<void> {
  const service = BlobServiceClient.fromConnectionString(storage.connectionString);
  for await (const { name } of service.listContainers({ prefix: "azureml-blobstore-" })) {
    const blob = service.getContainerClient(name).getBlockBlobClient(path);
    if (!(await blob.exists())) continue;
    if (content === null) await blob.delete();
    else await blob.uploadData(Buffer.from(content));
    return;
  }
  throw new Error(`${path} is nowhere.`);
}

async function pathOfModel(stand: Stand, version: string): Promise<string> {
  const { properties } = (await stand.arm(`/models/qa-model/versions/${version}`)) as {
    properties: { modelUri: string };
  };
  return /\/paths\/(.+)$/.exec(properties.modelUri)?.[1] ?? "";
}

describe("one byte that changed after the evaluation is refused", () => {
  test("in the bundle's blob, by an instance that has not read it before", async () => {
    const files = anAppFolder({ "web/words.txt": "as evaluated" });
    const { digest } = readApp(files, "swapped");
    const bundles = createBundles(storage.storage, readZip);
    await bundles.put("swapped", digest, zipOf(files));
    expect(await bundles.read("swapped", digest)).toMatchObject({ digest });
    const blob = BlobServiceClient.fromConnectionString(storage.connectionString)
      .getContainerClient("bundles")
      .getBlockBlobClient(`swapped/${digest.replace(":", "-")}.zip`);
    const swapped = anAppFolder({ "web/words.txt": "as evaluateD" });
    await blob.uploadData(Buffer.from(zipOf(swapped)));

    const { run } = createPlanDeployment(createBundles(storage.storage, readZip), WORKSPACE);
    const asked = { id: "swapped-0123456789ab", app: "swapped", bundle: digest, variant: null };
    await expect(run(asked)).rejects.toMatchObject({
      code: "BUNDLE_INVALID",
      message: `Somebody replaced the blob bundles/${blob.name}: its content has the digest ${readApp(swapped, "swapped").digest}, so it is not the bundle that was uploaded, and nothing of it is run or deployed. Delete the blob, PUT the bundle again, and start another pipeline.`,
    });
  });

  test.each([
    ["another byte", "B"],
    ["a file that is gone", null],
  ])("in the model's folder before it is registered: %s", async (_what, content) => {
    await using stand = await startStand(storage.connectionString);
    const job = jobOf(stand, `registered with ${content}`);
    const { assets, models } = stand.azure;
    const tampered: typeof assets = {
      ...assets,
      async uploadFolder(folder) {
        const uploaded = await assets.uploadFolder(folder);
        await change(`${uploaded.path}/words.txt`, content);
        return uploaded;
      },
    };
    const needs = { apps: appsOf(stand), models, workspace: WORKSPACE, ...ALONE };

    const registering = createRegisterModel({ ...needs, assets: tampered }).run(job);

    await expect(registering).rejects.toMatchObject({
      code: "DEPLOYMENT_FAILED",
      message: expect.stringMatching(
        /^What lies under LocalUpload\/[0-9a-f]{32}\/qa in datastore workspaceblobstore has the digest sha256:[0-9a-f]{64}, not sha256:[0-9a-f]{64}: somebody changed it .* Delete that folder and start the pipeline again/,
      ),
    });
    expect(await stand.arm("/models/qa-model/versions/1")).toMatchObject({
      error: { code: expect.stringMatching(/NotFound|UserError/) },
    });
  });

  test("in the model's folder after it was registered, and mended by deleting the folder", async () => {
    await using stand = await startStand(storage.connectionString);
    const job = jobOf(stand, "deployed");
    const plan = await stand.plan(job);
    const model = await stand.register(job);
    await stand.ensureEndpoint({ ...job, endpoint: plan.endpoint });
    const asked = { ...job, ...plan, model: model.id, modelVersion: model.version };
    const path = await pathOfModel(stand, model.version);
    await change(`${path}/words.txt`, "Deployed");

    await expect(stand.start(asked)).rejects.toMatchObject({
      code: "DEPLOYMENT_FAILED",
      message: expect.stringMatching(/^What lies under LocalUpload\/[0-9a-f]{32}\/qa in datastore/),
    });
    expect(await stand.read(plan)).toEqual({ state: "gone", message: "" });

    for (const file of ["flow.dag.yaml", "data.jsonl", "run.yml", "run_evaluation.yml"]) {
      await change(`${path}/${file}`, null);
    }
    await change(`${path}/words.txt`, null);
    expect(await stand.register(job)).toEqual(model);
    await stand.start(asked);
    expect(await stand.read(plan)).not.toMatchObject({ state: "gone" });
  });

  test("in the place of a model version that says it is the same", async () => {
    await using stand = await startStand(storage.connectionString);
    const job = jobOf(stand, "one");
    const other = await stand.register(jobOf(stand, "two"));
    const elsewhere = await pathOfModel(stand, other.version);
    const { models } = stand.azure;
    const forging = createRegisterModel({
      ...ALONE,
      apps: appsOf(stand),
      assets: stand.azure.assets,
      workspace: WORKSPACE,
      models: {
        ensureRegistered: (model) => models.ensureRegistered({ ...model, path: elsewhere }),
      },
    });
    await forging.run(job);

    const model = await stand.register(job);
    const plan = await stand.plan(job);
    await stand.ensureEndpoint({ ...job, endpoint: plan.endpoint });
    const asked = { ...job, ...plan, model: model.id, modelVersion: model.version };
    await expect(stand.start(asked)).rejects.toMatchObject({
      code: "DEPLOYMENT_FAILED",
      message: expect.stringContaining(`What lies under ${elsewhere} in datastore`),
    });
  });

  test("in a flow that an earlier pipeline uploaded, before it is run", async () => {
    await using stand = await startStand(storage.connectionString);
    const job = jobOf(stand, "run");
    const { run } = createUploadFlow(appsOf(stand), stand.azure.assets);
    const uploaded = await run(job);
    if (!("blobPath" in uploaded)) throw new Error("The flow is not in the datastore.");
    await change(uploaded.blobPath.replace("flow.dag.yaml", "words.txt"), "Run");

    await expect(run(job)).rejects.toMatchObject({
      code: "BUNDLE_INVALID",
      message: expect.stringContaining("somebody changed it after its upload"),
    });
  });
});

describe("a model version is deployed only if it is what was evaluated", () => {
  const id = "/subscriptions/s/workspaces/w/models/qa-model/versions/3";
  const identity = {
    "flowgate.bundle": "sha256:b",
    "flowgate.variant": "${ask.long}",
    "flowgate.content": "sha256:c",
  };
  const uri = "azureml://subscriptions/s/datastores/store/paths/LocalUpload/1/qa";
  const required = (
    version: { properties: Record<string, string>; uri: string } | undefined,
    wanted: Readonly<Record<string, string>> = identity,
  ) =>
    requireEvaluatedModel(
      {
        models: { read: async () => version },
        assets: { digestOf: async (path) => (path === "LocalUpload/1/qa" ? "sha256:c" : "none") },
      },
      id,
      wanted,
    );

  test.each([
    ["its properties and its files say so", uri],
    ["its folder is written with a slash", `${uri}/`],
    [
      "the service keeps a copy of its own",
      "azureml://s/datastores/x/paths/ServiceReplicated/9/qa",
    ],
  ])("as here, where %s", async (_what, place) => {
    await expect(required({ properties: identity, uri: place })).resolves.toBeUndefined();
  });

  test("as one without a variant is, whose empty property was left out", async () => {
    const { "flowgate.variant": _, ...properties } = identity;
    const wanted = { ...identity, "flowgate.variant": "" };

    await expect(required({ properties, uri }, wanted)).resolves.toBeUndefined();
  });

  test.each([
    [undefined, "Model azureml:qa-model:3 was deleted after it was registered."],
    [
      { properties: { ...identity, "flowgate.variant": "${ask.short}" }, uri },
      "Model azureml:qa-model:3 says flowgate.variant is ${ask.short}, not ${ask.long}: it is not what was evaluated. Delete this version and start the pipeline again (attempt + 1).",
    ],
    [{ properties: {}, uri }, "flowgate.bundle is nothing, not sha256:b"],
    [{ properties: identity, uri: "https://x/y" }, "lies at https://x/y, which Flowgate did not"],
    [
      { properties: identity, uri: "azureml://s/datastores/x/paths/LocalUpload/2/qa" },
      "What lies under LocalUpload/2/qa in datastore x has the digest none, not sha256:c",
    ],
  ])("and not %j", async (version, message) => {
    await expect(required(version)).rejects.toMatchObject({
      code: "DEPLOYMENT_FAILED",
      message: expect.stringContaining(message),
    });
  });
});

test("a deployment whose model somebody replaced by hand is not adopted", async () => {
  await using stand = await startStand(storage.connectionString);
  const job = jobOf(stand, "by hand");
  const plan = await stand.plan(job);
  const model = await stand.register(job);
  await stand.ensureEndpoint({ ...job, endpoint: plan.endpoint });
  const asked = { ...job, ...plan, model: model.id, modelVersion: model.version };
  await stand.start(asked);
  for (let tries = 0; tries < 1_000 && (await stand.read(plan)).state !== "ready"; tries += 1);
  const another = await stand.register({ ...job, variant: "${ask.long}" });
  const path = `/onlineEndpoints/${plan.endpoint}/deployments/${plan.deployment}`;
  const before = (await stand.arm(path)) as { properties: Record<string, unknown> };
  await stand.put(path, { ...before, properties: { ...before.properties, model: another.id } });
  for (let tries = 0; tries < 1_000 && (await stand.read(plan)).state !== "ready"; tries += 1);

  await expect(stand.start(asked)).rejects.toMatchObject({
    code: "DEPLOYMENT_FAILED",
    message: `${plan.deployment} at endpoint qa-endpoint has the model ${another.id}, not ${model.id}, which was evaluated; delete it, or deploy to another endpoint.`,
  });
});
