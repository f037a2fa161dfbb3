import { BlobServiceClient } from "@azure/storage-blob";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { anApp } from "#kit/deployment-app.ts";
import { startStorage, type TestStorage } from "#kit/storage.ts";
import { brought, jobOf, settled } from "./bring.ts";
import { answering, startStand } from "./stand.ts";

let storage: TestStorage;
beforeAll(async () => {
  storage = await startStorage();
});
afterAll(() => storage[Symbol.asyncDispose]());

const start = (options = {}) => startStand(storage.connectionString, options);

describe("a deployment, from its YAML to its traffic", () => {
  test("is registered, brought up, asked, given traffic, and replaced by the next one", async () => {
    await using stand = await start();
    const first = await brought(stand, jobOf(stand));
    expect(await stand.read(first.plan)).toEqual({ state: "ready", message: "" });

    const { endpoint, deployment } = first.plan;
    expect(await stand.readEndpoint({ endpoint })).toMatchObject({
      state: "ready",
      traffic: {},
      deployments: [deployment],
      principalId: expect.any(String),
    });
    const { scoringUri } = await stand.readEndpoint({ endpoint });
    const question = { ...first.asked, scoringUri: scoringUri ?? "" };
    expect(await stand.smoke(question)).toEqual({
      ok: true,
      message: "answered 200 with category",
    });

    await stand.setTraffic({ endpoint, traffic: { [deployment]: 100 } });
    expect((await stand.readEndpoint({ endpoint })).traffic).toEqual({ [deployment]: 100 });

    stand.clock.advance(1_000);
    const second = await brought(stand, jobOf(stand, { "qa/words.txt": "new" }));
    const next = second.plan.deployment;
    expect((await stand.readEndpoint({ endpoint })).deployments).toEqual([deployment, next]);
    await stand.setTraffic({ endpoint, traffic: { [deployment]: 90, [next]: 10 } });
    await stand.setTraffic({ endpoint, traffic: { [next]: 100 } });
    await stand.remove({ endpoint, deployment });
    expect(await stand.read({ endpoint, deployment })).toEqual({ state: "gone", message: "" });
    await stand.remove({ endpoint, deployment });
    expect(await stand.readEndpoint({ endpoint })).toMatchObject({
      traffic: { [next]: 100 },
      deployments: [next],
    });
  });

  test("carries what was evaluated: bundle, variant, real names and variables", async () => {
    await using stand = await start();
    const run = "flow: .\ndata: data.jsonl\nenvironment_variables: { MODE: strict }\n";
    const job = jobOf(stand, { "qa/run.yml": run });
    const { plan, model } = await brought(stand, job, "${ask.long}");

    const path = `/onlineEndpoints/${plan.endpoint}/deployments/${plan.deployment}`;
    expect(await stand.arm(path)).toMatchObject({
      tags: {
        "flowgate.app": "qa",
        "flowgate.pipeline": "qa-0123456789ab",
        "flowgate.bundle": job.bundle,
        "flowgate.variant": "${ask.long}",
      },
      sku: { capacity: 1 },
      properties: {
        model: model.id,
        requestSettings: { requestTimeout: "PT90S" },
        environmentVariables: {
          MODE: "strict",
          PROMPTFLOW_RUN_MODE: "serving",
          PRT_CONFIG_OVERRIDE: `deployment.subscription_id=00000000-0000-0000-0000-000000000001,deployment.resource_group=flowgate,deployment.workspace_name=local,deployment.endpoint_name=qa-endpoint,deployment.deployment_name=${plan.deployment}`,
        },
      },
    });
    const { properties } = (await stand.arm(`/models/qa-model/versions/1`)) as {
      properties: { modelUri: string; properties: Record<string, string> };
    };
    expect(properties.properties).toMatchObject({
      "flowgate.bundle": job.bundle,
      "flowgate.variant": "${ask.long}",
      "flowgate.content": expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    });
    expect(properties.modelUri).toMatch(
      /^azureml:\/\/subscriptions\/[^/]+\/resourcegroups\/flowgate\/workspaces\/local\/datastores\/workspaceblobstore\/paths\/LocalUpload\/[0-9a-f]{32}\/qa$/,
    );
    expect(await textAt(properties.modelUri, "flow.dag.yaml")).toContain(
      'default_variant_id: "long"',
    );
  });
});

async function textAt(modelUri: string, file: string): Promise<string> {
  const service = BlobServiceClient.fromConnectionString(storage.connectionString);
  const path = `${/paths\/(.*)$/.exec(modelUri)?.[1]}/${file}`;
  for await (const { name } of service.listContainers({ prefix: "azureml-blobstore-" })) {
    const blob = service.getContainerClient(name).getBlockBlobClient(path);
    if (await blob.exists()) return (await blob.downloadToBuffer()).toString();
  }
  throw new Error(`${path} is nowhere.`);
}

describe("repeated steps", () => {
  test("register one version for a bundle and variant, and another for the next", async () => {
    await using stand = await start();
    const job = jobOf(stand);

    const first = await stand.register({ ...job, variant: null });
    expect(first).toMatchObject({ name: "qa-model", version: "1" });
    expect(await stand.register({ ...job, variant: null })).toEqual(first);
    expect(await stand.register({ ...job, variant: "${ask.long}" })).toMatchObject({
      version: "2",
    });
    expect(await stand.register({ ...job, variant: null })).toEqual(first);
  });

  test("adopt a deployment of the same bundle without asking again", async () => {
    await using stand = await start();
    const { asked, plan } = await brought(stand, jobOf(stand));

    await stand.start(asked);

    expect(await stand.read(plan)).toEqual({ state: "ready", message: "" });
  });

  test("ask again for a deployment that failed", async () => {
    await using stand = await start();
    await stand.fault({ on: "deployment", outcome: "failed", message: "out of memory" });
    const { asked, plan } = await brought(stand, jobOf(stand));
    expect(await stand.read(plan)).toMatchObject({ state: "failed" });

    await stand.start(asked);

    expect(await settled(stand, plan)).toEqual({ state: "ready", message: "" });
  });

  test("leave an endpoint alone that is there", async () => {
    await using stand = await start();
    const { plan, asked } = await brought(stand, jobOf(stand));
    await stand.setTraffic({ endpoint: plan.endpoint, traffic: { [plan.deployment]: 100 } });

    await stand.ensureEndpoint(asked);

    const { traffic } = await stand.readEndpoint({ endpoint: plan.endpoint });
    expect(traffic).toEqual({ [plan.deployment]: 100 });
  });
});

describe("what does not fit", () => {
  test("is a deployment of another variant under our name", async () => {
    await using stand = await start();
    const { asked } = await brought(stand, jobOf(stand));

    await expect(stand.start({ ...asked, variant: "${ask.long}" })).rejects.toMatchObject({
      code: "DEPLOYMENT_FAILED",
    });
  });

  test("is a bundle whose content is not that of its name", async () => {
    await using stand = await start();
    const job = { ...jobOf(stand), bundle: `sha256:${"0".repeat(64)}` };
    stand.stored.set(job.bundle, anApp());

    await expect(stand.register({ ...job, variant: null })).rejects.toMatchObject({
      code: "DEPLOYMENT_FAILED",
    });
  });

  test.each([
    { traffic: { ghost: 100 }, message: /ghost is no deployment/ },
    { traffic: { ghost: 50 }, message: /sums to 50 %/ },
  ])("is the traffic $traffic", async ({ traffic, message }) => {
    await using stand = await start();
    const { plan } = await brought(stand, jobOf(stand));

    await expect(stand.setTraffic({ endpoint: plan.endpoint, traffic })).rejects.toMatchObject({
      code: "DEPLOYMENT_FAILED",
      message: expect.stringMatching(message),
    });
  });

  test("is told as its operation tells it, without what is secret", async () => {
    await using stand = await start();
    await stand.fault({ on: "deployment", outcome: "failed", message: "sig=abc123, no memory." });
    const { plan } = await brought(stand, jobOf(stand));

    expect(await stand.read(plan)).toEqual({
      state: "failed",
      message:
        "ResourceNotReady: User container has crashed or terminated: sig=***, no memory. Please see troubleshooting guide, available here: https://aka.ms/oe-tsg#error-resourcenotready",
    });
  });

  test("is told with the container's log, of which the end is answered", async () => {
    await using stand = await start();
    await stand.fault({ on: "deployment", outcome: "failed", message: "no memory, sig=abc123" });
    const { plan } = await brought(stand, jobOf(stand));

    const kept = await stand.keepLogs({ id: "qa-0123456789ab", ...plan, quote: true });

    expect(kept.blob).toBe("qa-0123456789ab/deployment.log");
    expect(kept.tail).toContain("no memory, sig=***");
    expect(stand.logs.get(kept.blob)).toContain("--- InferenceServer ---");
  });

  test("is an answer without outputs", async () => {
    await using stand = await start({ engine: answering({}) });
    const { asked, plan } = await brought(stand, jobOf(stand));
    const { scoringUri } = await stand.readEndpoint(plan);

    expect(await stand.smoke({ ...asked, scoringUri: scoringUri ?? "" })).toEqual({
      ok: false,
      message: expect.stringMatching(/^answered 200 with no outputs \(request [0-9a-f-]{36}\)$/),
    });
  });
});
