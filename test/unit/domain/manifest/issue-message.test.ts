import { expect, test } from "vitest";
import { issueMessage } from "#domain/manifest/issue-message.ts";
import { Manifest } from "#domain/manifest/manifest.ts";
import { PipelineRequest } from "#domain/request.ts";

function messagesOf(shape: typeof Manifest | typeof PipelineRequest, value: unknown) {
  const { issues } = shape.safeParse(value).error ?? { issues: [] };
  return issues.map((issue) => `${issue.path.join(".")} ${issueMessage(issue)}`);
}

test.each([
  [
    { gate: null },
    "gate has to be a map of keys and values, but is empty; fill it in, or leave the key out",
  ],
  [["a"], " has to be a map of keys and values, but is a list"],
  [{ deploy: { when: "main" } }, "deploy.when has to be a list, but is text; write it in [ ]"],
  [{ environment: { kind: "vm" } }, "environment.kind has to be session or compute-instance"],
  [{ apiVersion: "flowgate/v2" }, "apiVersion has to be flowgate/v1"],
  [{ gate: { confidence: 95 } }, "gate.confidence has to be less than 1: 0.95 is 95 %"],
  [{ gate: { maxErrorRate: -1 } }, "gate.maxErrorRate has to be at least 0"],
  [{ gate: { metrics: [] } }, "gate.metrics has to have something in it"],
  [{ deploy: { keep: "1" } }, "deploy.keep has to be a number, but is text"],
  [{ deploy: { keep: 1.5 } }, "deploy.keep has to be a whole number, but is none"],
  [
    { gate: { correct: { output: "grade" } } },
    "gate.correct.equals is missing; it has to be text, a number or true or false",
  ],
  [{ runTimeout: "soon" }, 'runTimeout a whole number with s, m or h, e.g. "30m"'],
])("a manifest with %j is told that %s", (manifest, message) => {
  expect(messagesOf(Manifest, manifest)).toEqual([message]);
});

test.each([
  [{ app: "web" }, "bundle is missing; it has to be text"],
  [{ app: "web", bundle: "newest" }, "bundle latest, or sha256:… with 64 hex digits"],
  [{ app: "web", bundle: "latest", deploy: "yes" }, "deploy has to be true or false, but is text"],
  [{ app: "web", bundle: "latest", attempt: 0 }, "attempt has to be at least 1"],
])("a request with %j is told that %s", (request, message) => {
  expect(messagesOf(PipelineRequest, request)).toEqual([message]);
});
