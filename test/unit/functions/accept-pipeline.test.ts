import { describe, expect, test } from "vitest";
import { readApp } from "#domain/manifest/read-app.ts";
import type { PipelineRequest } from "#domain/request.ts";
import { acceptPipeline, confirmStarted } from "#functions/accept-pipeline.ts";
import { anAcceptance } from "#kit/acceptance.ts";
import { anAppFolder } from "#kit/app-folder.ts";

const request: PipelineRequest = { app: "web", bundle: "latest", attempt: 1 };
const main = { repository: "o/r", sha: "abc", ref: "refs/heads/main" };

describe("accepting", () => {
  test("pins bundle, dataset and policy, starts the orchestration and clears the mark", async () => {
    const { acceptance, app, rows, blobs, started, indexed } = anAcceptance();
    blobs.set("web/data.jsonl", '"0x1"');

    const { accepted, isNew } = await acceptPipeline(acceptance, {
      ...request,
      data: "web/data.jsonl",
      commit: main,
    });

    expect(isNew).toBe(true);
    expect(accepted).toMatchObject({
      app: "web",
      bundle: app.digest,
      data: { blob: "web/data.jsonl", etag: '"0x1"' },
      trigger: "http",
      commit: main,
      deploy: { wanted: true },
      policy: {
        environment: { kind: "session", vmSize: "Standard_DS1_v2", timeoutMs: 1_800_000 },
        runTimeoutMs: 3_600_000,
        deploy: {
          timeoutMs: 2_700_000,
          rollout: { steps: [10, 50, 100], bakeMs: 60_000 },
          keep: 0,
        },
      },
      createdAt: "2026-01-01T00:00:00.000Z",
    });
    expect(accepted.id).toMatch(/^web-[0-9a-f]{12}$/);
    expect(started).toEqual([accepted.id]);
    expect(indexed).toEqual([`${accepted.id} running`]);
    expect(rows.get(accepted.id)).toMatchObject({ starting: false });
  });

  test("an equal request again is the same pipeline, and starts nothing", async () => {
    const { acceptance, started } = anAcceptance();
    const first = await acceptPipeline(acceptance, { ...request, commit: main });

    const again = await acceptPipeline(acceptance, {
      ...request,
      bundle: first.accepted.bundle,
      // Neither of these makes a request another one.
      commit: { ...main, actor: "ada", runUrl: "https://example.org/1" },
      deploy: true,
    });

    expect(again).toEqual({ accepted: first.accepted, isNew: false });
    expect(started).toHaveLength(1);
  });

  test.each<[string, Partial<PipelineRequest>]>([
    ["commit", { commit: { ...main, sha: "def" } }],
    ["repository", { commit: { ...main, repository: "o/fork" } }],
    ["attempt", { commit: main, attempt: 2 }],
    ["wish to deploy", { commit: main, deploy: false }],
    ["dataset", { commit: main, data: "web/data.jsonl" }],
  ])("another %s is another pipeline", async (_, difference) => {
    const { acceptance, blobs } = anAcceptance();
    blobs.set("web/data.jsonl", '"0x1"');
    const first = await acceptPipeline(acceptance, { ...request, commit: main });

    const other = await acceptPipeline(acceptance, { ...request, ...difference });

    expect(other.isNew).toBe(true);
    expect(other.accepted.id).not.toBe(first.accepted.id);
  });

  test("the same blob with other content is another pipeline", async () => {
    const { acceptance, blobs } = anAcceptance();
    blobs.set("web/data.jsonl", '"0x1"');
    const first = await acceptPipeline(acceptance, { ...request, data: "web/data.jsonl" });
    blobs.set("web/data.jsonl", '"0x2"');

    const next = await acceptPipeline(acceptance, { ...request, data: "web/data.jsonl" });

    expect(next.accepted.id).not.toBe(first.accepted.id);
  });
});

describe("a request is refused and starts nothing", () => {
  test.each<[string, Partial<PipelineRequest>]>([
    ["APP_UNKNOWN", { app: "nobody" }],
    ["BUNDLE_UNKNOWN", { bundle: `sha256:${"0".repeat(64)}` }],
    ["DATA_UNKNOWN", { data: "web/nope.jsonl" }],
    ["DEPLOY_NOT_ALLOWED", { commit: { ...main, ref: "refs/heads/topic" }, deploy: true }],
    ["REQUEST_INVALID", { commit: { ...main, actor: "a".repeat(31_000) } }],
  ])("with %s", async (code, difference) => {
    const { acceptance, rows, started } = anAcceptance();

    await expect(acceptPipeline(acceptance, { ...request, ...difference })).rejects.toMatchObject({
      code,
    });
    expect(rows.size).toBe(0);
    expect(started).toEqual([]);
  });

  test.each(["test-data/web/data.jsonl", "https://a.example/test-data/web/data.jsonl"])(
    "%s is told its path inside the container",
    async (data) => {
      const { acceptance } = anAcceptance();

      await expect(acceptPipeline(acceptance, { ...request, data })).rejects.toMatchObject({
        code: "DATA_UNKNOWN",
        message: `There is no blob ${data} in container test-data. Give its path inside the container: web/data.jsonl.`,
      });
    },
  );

  test("when neither bundle nor request has a dataset", async () => {
    const { acceptance } = anAcceptance({ "web/run.yml": "flow: .\n" });

    await expect(acceptPipeline(acceptance, request)).rejects.toMatchObject({
      code: "REQUEST_INVALID",
      problems: [{ path: "data" }],
    });
  });
});

describe("a pipeline whose bundle, once latest, would not have allowed it", () => {
  async function acceptedOnce(difference: Partial<PipelineRequest>) {
    const { acceptance, bundles } = anAcceptance();
    const other = readApp(anAppFolder({ "flowgate.yaml": "deploy: {when: []}\n" }), "web");
    bundles.set(other.digest, other);
    const asked = { ...request, bundle: other.digest, ...difference };
    const first = await acceptPipeline(acceptance, asked);
    expect(first.accepted.deploy).toEqual({ wanted: true });
    return { acceptance, asked, first };
  }

  test.each<[string, Partial<PipelineRequest>]>([
    ["from a branch", { commit: main }],
    ["by whoever holds the key", { deploy: true }],
  ])("is still the same when it was asked for %s and is again", async (_, difference) => {
    const { acceptance, asked, first } = await acceptedOnce(difference);

    expect(await acceptPipeline(acceptance, asked)).toEqual({ ...first, isNew: false });
  });

  test("is no permission for anything else", async () => {
    const { acceptance, asked, first } = await acceptedOnce({ commit: main });
    const pull = { ...main, ref: "refs/pull/1/merge" };

    for (const difference of [{ commit: pull }, { commit: main, deploy: false }]) {
      const { accepted } = await acceptPipeline(acceptance, { ...asked, ...difference });
      expect(accepted.deploy.wanted).toBe(false);
      expect(accepted.id).not.toBe(first.accepted.id);
    }
    await expect(
      acceptPipeline(acceptance, { ...asked, attempt: 2, deploy: true }),
    ).rejects.toMatchObject({ code: "DEPLOY_NOT_ALLOWED" });
  });
});

describe("latest", () => {
  test("decides who may deploy, whatever the new bundle says", async () => {
    const { acceptance, bundles } = anAcceptance();
    const files = anAppFolder({ "flowgate.yaml": "deploy: {when: [topic]}\n" });
    const other = readApp(files, "web");
    bundles.set(other.digest, other);
    const commit = { ...main, ref: "refs/heads/topic" };

    const { accepted } = await acceptPipeline(acceptance, {
      ...request,
      bundle: other.digest,
      commit,
    });

    expect(accepted.deploy).toEqual({ wanted: false, reason: "deploy.when does not name topic" });
  });

  test("becomes the bundle of a pipeline that may deploy, and stays with any other", async () => {
    const { acceptance, app, bundles, state } = anAcceptance();
    const other = readApp(anAppFolder({ "web/README.md": "two" }), "web");
    bundles.set(other.digest, other);

    await acceptPipeline(acceptance, { ...request, bundle: other.digest });
    expect(state.latest).toEqual({ digest: app.digest, deployable: false });

    await acceptPipeline(acceptance, { ...request, bundle: other.digest, commit: main });
    expect(state.latest).toEqual({ digest: other.digest, deployable: true });
  });

  test("deploys on new data only after such a pipeline", async () => {
    const { acceptance, blobs } = anAcceptance();
    blobs.set("web/data.jsonl", '"0x1"');
    const onData = { ...request, data: "web/data.jsonl" };

    const before = await acceptPipeline(acceptance, onData, "data");
    await acceptPipeline(acceptance, { ...request, commit: main });
    const after = await acceptPipeline(acceptance, onData, "data");

    expect(before.accepted).toMatchObject({ trigger: "data", deploy: { wanted: false } });
    expect(after.accepted).toMatchObject({ trigger: "data", deploy: { wanted: true } });
  });
});

describe("a row that is still marked", () => {
  async function crashedBeforeStart() {
    const world = anAcceptance();
    const dead = {
      ...world.acceptance.instances,
      start: () => Promise.reject(new Error("killed")),
    };
    await expect(
      acceptPipeline({ ...world.acceptance, instances: dead }, { ...request, commit: main }),
    ).rejects.toThrow("killed");
    const [id = ""] = world.rows.keys();
    return { ...world, id };
  }

  test("is started by the next equal request when Durable does not know it", async () => {
    const { acceptance, rows, started, id } = await crashedBeforeStart();

    const again = await acceptPipeline(acceptance, { ...request, commit: main });

    expect(again).toMatchObject({ isNew: false, accepted: { id } });
    expect(started).toEqual([id]);
    expect(rows.get(id)).toMatchObject({ starting: false });
  });

  test("is only unmarked when Durable knows it, so that a finished one never runs again", async () => {
    const { acceptance, rows, started, id } = await crashedBeforeStart();
    started.push(id);

    await confirmStarted(acceptance, id);

    expect(started).toEqual([id]);
    expect(rows.get(id)).toMatchObject({ starting: false });
  });

  test("is left to whoever inserted it for a few seconds", async () => {
    const { acceptance, state, id } = await crashedBeforeStart();

    await confirmStarted(acceptance, id);
    expect(state.pausedMs).toBe(3_000);

    state.now += 60_000;
    await confirmStarted(acceptance, id);
    expect(state.pausedMs).toBe(3_000);
  });

  test("keeps its status in the list", async () => {
    const { acceptance, rows, indexed, id } = await crashedBeforeStart();
    const row = rows.get(id);
    if (row !== undefined) row.status = "failed";

    await confirmStarted(acceptance, id);

    expect(indexed).toEqual([`${id} running`, `${id} failed`]);
  });

  test("that nobody knows is no pipeline", async () => {
    expect(await confirmStarted(anAcceptance().acceptance, "web-000000000000")).toBeNull();
  });
});
