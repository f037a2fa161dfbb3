import { expect, test } from "vitest";
import { PipelineRequest } from "#domain/request.ts";

const ask = (data: string) => PipelineRequest.safeParse({ app: "web", bundle: "latest", data });

test.each(["web/data.jsonl", "web/..data.jsonl", "a b/ä?.jsonl"])("%s may be a blob", (name) => {
  expect(ask(name).success).toBe(true);
});

test.each([
  "../results/x/rows.jsonl",
  "web/../../bundles/x",
  "web\\..\\x",
  "./x",
  "a".repeat(1_025),
  "",
])("%s is no blob of its container", (name) => {
  expect(ask(name).error?.issues).toMatchObject([{ path: ["data"] }]);
});
