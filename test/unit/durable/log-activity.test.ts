import { expect, test } from "vitest";
import { z } from "zod";
import { PipelineError } from "#domain/errors.ts";
import { defineStep } from "#domain/step.ts";
import { implement } from "#durable/activity.ts";
import { runLogged } from "#durable/log-activity.ts";

const step = defineStep({
  name: "submitRun",
  input: z.object({ id: z.string(), secret: z.string() }),
  output: z.object({ answer: z.string() }),
});
const input = { id: "shop-0123456789ab", secret: "s3cret" };

function logger() {
  const lines: string[] = [];
  const keep = (line: string) => lines.push(line);
  return { lines, log: keep, warn: keep };
}

function ticking(): () => number {
  let now = 0;
  return () => {
    now += 7;
    return now;
  };
}

test("a step is told with its pipeline and time, without what went in or came out", async () => {
  const told = logger();
  const activity = implement(step, async () => ({ answer: "row content" }));
  await runLogged(activity, input, told, ticking());

  expect(told.lines).toEqual([
    '{"step":"submitRun","pipeline":"shop-0123456789ab","ms":7,"outcome":"succeeded"}',
  ]);
});

test("a failure is told by its code, and goes on", async () => {
  const told = logger();
  const activity = implement(step, async () => {
    throw new PipelineError("AZURE_BUSY", "with details");
  });

  await expect(runLogged(activity, input, told, ticking())).rejects.toThrow("with details");
  expect(told.lines).toEqual([
    '{"step":"submitRun","pipeline":"shop-0123456789ab","ms":7,"outcome":"failed","code":"AZURE_BUSY"}',
  ]);
});
