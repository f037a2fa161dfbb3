import { expect, test } from "vitest";
import { type DeployQuestion, decideDeploy } from "#domain/deploy-rule.ts";

const on = (ref: string) => ({ repository: "o/r", sha: "abc", ref });
const question: DeployQuestion = {
  trigger: "http",
  commit: null,
  deploy: undefined,
  when: ["main", "release/1"],
  onData: true,
  latestDeployable: false,
};

test.each<[string, Partial<DeployQuestion>]>([
  ["a commit on a branch of deploy.when", { commit: on("refs/heads/main") }],
  ["a branch with a slash", { commit: on("refs/heads/release/1") }],
  ["a commit on such a branch that insists", { commit: on("refs/heads/main"), deploy: true }],
  ["no commit, but deploy: true", { deploy: true }],
  ["data for a bundle that a pipeline made latest", { trigger: "data", latestDeployable: true }],
])("may deploy: %s", (_, differences) => {
  expect(decideDeploy({ ...question, ...differences })).toEqual({ wanted: true });
});

test.each<[Partial<DeployQuestion>, string]>([
  [{ commit: on("refs/heads/topic") }, "deploy.when does not name topic"],
  [{ commit: on("refs/heads/main2") }, "deploy.when does not name main2"],
  [{ commit: on("refs/pull/7/merge") }, "refs/pull/7/merge is not a branch"],
  [{ commit: on("refs/tags/main") }, "refs/tags/main is not a branch"],
  [{ commit: on("main") }, "main is not a branch"],
  [{ commit: on("refs/heads/main"), deploy: false }, "the request says deploy: false"],
  [{ commit: on("refs/heads/main"), when: [] }, "deploy.when is empty, so nobody may deploy"],
  [{}, "without a commit only deploy: true asks for it"],
  [{ trigger: "data", onData: false, latestDeployable: true }, "deploy.onData is false"],
  [
    { trigger: "data", latestDeployable: true, when: [] },
    "deploy.when is empty, so nobody may deploy",
  ],
  [
    { trigger: "data" },
    "the latest bundle was only uploaded; no pipeline that may deploy has been accepted with it",
  ],
])("%o is not deployed, because %s", (differences, reason) => {
  expect(decideDeploy({ ...question, ...differences })).toEqual({ wanted: false, reason });
});

test.each<[Partial<DeployQuestion>, string]>([
  [{ commit: on("refs/heads/topic") }, "deploy.when does not name topic"],
  [{ commit: on("refs/tags/v1") }, "refs/tags/v1 is not a branch"],
  [{ when: [] }, "deploy.when is empty, so nobody may deploy"],
])("%o with deploy: true is refused, because %s", (differences, reason) => {
  expect(decideDeploy({ ...question, ...differences, deploy: true })).toEqual({
    wanted: "refused",
    reason,
  });
});
