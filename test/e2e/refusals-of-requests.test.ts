import { describe, expect, inject, test } from "vitest";
import { backDoorAt } from "#kit/back-door.ts";
import { type ApiAnswer, flowgateAt, type StartRequest } from "#kit/flowgate.ts";
import { aPythonApp } from "#kit/python-app.ts";
import { expectNothingBegan, expectProblem, uploaded } from "#kit/shared-flowgate.ts";

const stack = inject("stack");
const flowgate = flowgateAt(stack.functions);
const backDoor = backDoorAt(stack);

const UNKNOWN_DIGEST = `sha256:${"0".repeat(64)}`;

const postText = (body: string) =>
  flowgate.call("/pipelines", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  });

describe("what is not there is a 404", () => {
  test("an app", async () => {
    const answer = await flowgate.start({ app: "nobodys-app", bundle: "latest" });

    expectProblem(answer, 404, "APP_UNKNOWN", []);
    await expectNothingBegan("nobodys-app");
  });

  test("a bundle, also another app's", async () => {
    const digest = await uploaded("own-bundle");
    await uploaded("foreign-bundle");

    const unknown = await flowgate.start({ app: "own-bundle", bundle: UNKNOWN_DIGEST });
    const foreign = await flowgate.start({ app: "foreign-bundle", bundle: digest });

    expectProblem(unknown, 404, "BUNDLE_UNKNOWN", []);
    expectProblem(foreign, 404, "BUNDLE_UNKNOWN", []);
    await expectNothingBegan("own-bundle");
    await expectNothingBegan("foreign-bundle");
  });

  test("a data blob", async () => {
    const bundle = await uploaded("no-blob");
    const answer = await flowgate.start({ app: "no-blob", bundle, data: "no-blob/none.jsonl" });

    expectProblem(answer, 404, "DATA_UNKNOWN", []);
    await expectNothingBegan("no-blob");
  });

  test.each(["", "/rows"])("a pipeline, at its id%s", async (path) => {
    const answer = await flowgate.call(`/pipelines/nobody-0123456789ab${path}`);

    expectProblem(answer, 404, "PIPELINE_UNKNOWN", []);
  });
});

describe("a request of the wrong shape is a 400", () => {
  test.each(["", "{app: web}", "nothing"])("no JSON: %j", async (body) => {
    expectProblem(await postText(body), 400, "REQUEST_INVALID", [{ message: expect.any(String) }]);
  });

  test.each(["null", "[]", '"latest"', "7"])("JSON that is no object: %s", async (body) => {
    expectProblem(await postText(body), 400, "REQUEST_INVALID");
  });

  const asked = { app: "shape", bundle: "latest" };
  test.each<[string, StartRequest, string]>([
    ["no app", { bundle: "latest" }, "app"],
    ["no bundle", { app: "shape" }, "bundle"],
    ["a bundle that is no digest", { ...asked, bundle: "v1" }, "bundle"],
    ["a name that no app has", { ...asked, app: "No App" }, "app"],
    ["deploy that is no boolean", { ...asked, deploy: "yes" }, "deploy"],
    ["attempt 0", { ...asked, attempt: 0 }, "attempt"],
    ["an unknown key", { ...asked, bundel: "latest" }, "bundel"],
    ["a commit without sha", { ...asked, commit: { repository: "o/r", ref: "x" } }, "commit.sha"],
  ])("%s", async (_, request, path) => {
    await expectRefusedAt(await flowgate.start(request), path);
  });

  test("an upload for a name that no app has", async () => {
    await expectRefusedAt(await flowgate.upload("No-App", aPythonApp({ name: "no-app" })), "app");
  });

  test.each([
    ["top", "0"],
    ["top", "1001"],
    ["top", "-1"],
    ["top", "1.5"],
    ["top", "many"],
    ["top", ""],
    ["status", "finished"],
    ["app", "No App"],
  ])("a list with %s=%s", async (name, value) => {
    await expectRefusedAt(await flowgate.list({ [name]: value }), name);
  });

  test.each(["nonsense", "%F0%9F", "../x"])("a list after %j, which no page was", async (after) => {
    expectProblem(await flowgate.list({ after }), 400, "REQUEST_INVALID");
  });

  async function expectRefusedAt(answer: ApiAnswer, path: string) {
    expectProblem(answer, 400, "REQUEST_INVALID", [{ path, message: expect.any(String) }]);
  }
});

describe("who may not deploy", () => {
  const commit = (ref: string) => ({ repository: "octo/flows", sha: "4be9d1c", ref });

  test.each([
    ["another branch", "refs/heads/topic"],
    ["a branch that begins like an allowed one", "refs/heads/main-2"],
    ["a pull request", "refs/pull/7/merge"],
    ["a tag", "refs/tags/main"],
    ["a bare name", "main"],
  ])("insists from %s: 403", async (what, ref) => {
    const app = `may-not-${what.replaceAll(" ", "-")}`.slice(0, 40);
    const bundle = await uploaded(app);
    const answer = await flowgate.start({ app, bundle, deploy: true, commit: commit(ref) });

    expectProblem(answer, 403, "DEPLOY_NOT_ALLOWED", []);
    await expectNothingBegan(app);
  });

  test("insists where deploy.when is empty: 403, with a commit and without", async () => {
    const manifest = { deploy: { when: [] } };
    const bundle = await uploaded("nobody-may", aPythonApp({ name: "nobody-may", manifest }));
    const request = { app: "nobody-may", bundle, deploy: true };

    const main = commit("refs/heads/main");
    expectProblem(await flowgate.start({ ...request, commit: main }), 403, "DEPLOY_NOT_ALLOWED");
    expectProblem(await flowgate.start(request), 403, "DEPLOY_NOT_ALLOWED");
    await expectNothingBegan("nobody-may");
  });

  test("insists from a branch that only its own bundle allows: 403, as the latest bundle says", async () => {
    await uploaded("own-rule");
    const manifest = { deploy: { when: ["topic"] } };
    const mine = await uploaded("own-rule", aPythonApp({ name: "own-rule", manifest }));
    const answer = await flowgate.start({
      app: "own-rule",
      bundle: mine,
      deploy: true,
      commit: commit("refs/heads/topic"),
    });

    expectProblem(answer, 403, "DEPLOY_NOT_ALLOWED");
    await expectNothingBegan("own-rule");
  });

  test.concurrent.each([
    ["a topic branch", { commit: commit("refs/heads/topic") }, "deploy.when does not name topic"],
    [
      "a pull request",
      { commit: commit("refs/pull/7/merge") },
      "refs/pull/7/merge is not a branch",
    ],
    ["nobody's commit", {}, "without a commit only deploy: true asks for it"],
    [
      "a main that says no",
      { commit: commit("refs/heads/main"), deploy: false },
      "the request says deploy: false",
    ],
  ])("is only evaluated from %s", async (what, request, reason) => {
    const app = `evaluated-${what.replaceAll(/[^a-z]/g, "-")}`;
    const pipeline = await flowgate.run(app, aPythonApp({ name: app }), request);

    expect(pipeline).toMatchObject({
      status: "succeeded",
      verdict: { outcome: "passed" },
      deployment: { outcome: "skipped", reason, model: null, endpoint: null },
    });
    const kinds = (await backDoor.inventoryOf(app, [pipeline.id])).map(({ kind }) => kind);
    expect(kinds.filter((kind) => ["model", "endpoint", "deployment"].includes(kind))).toEqual([]);
  });
});
