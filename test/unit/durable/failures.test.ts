import { expect, test } from "vitest";
import { PipelineError } from "#domain/errors.ts";
import { describeFailure } from "#durable/failures.ts";

test("a failure travels with its code, where it happened, and how long to stay away", () => {
  const where = { file: "qa/tool.py", line: 3, node: null };
  const error = new PipelineError("AZURE_BUSY", "m", { where, retryAfterMs: 60_000 });

  expect(describeFailure(error)).toEqual({
    code: "AZURE_BUSY",
    retryable: true,
    file: "qa/tool.py",
    line: 3,
    retryAfterMs: 60_000,
  });
});

test("what is not known of a failure is not there", () => {
  expect(describeFailure(new PipelineError("INTERNAL", "m"))).toEqual({
    code: "INTERNAL",
    retryable: false,
  });
  expect(describeFailure(new Error("m"))).toBeUndefined();
});
