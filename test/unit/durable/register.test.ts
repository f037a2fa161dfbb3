import { expect, test } from "vitest";
import { z } from "zod";
import { defineOrchestration, type OrchestrationContext } from "#durable/durably.ts";
import { registerActivities, withWords } from "#durable/register.ts";

const context = { df: { getInput: () => ({}) } } as unknown as OrchestrationContext;

function throwing(thrown: unknown) {
  return defineOrchestration({
    name: "stumble",
    input: z.object({}),
    output: z.object({}),
    // biome-ignore lint/correctness/useYield: it fails before it waits for anything.
    *run() {
      throw thrown;
    },
  });
}

test.each([[new Error("")], ["a text"], [undefined]])(
  "an orchestration that throws %o ends with a message, or it would never end",
  (thrown) => {
    expect(() => withWords(throwing(thrown), context).next()).toThrow(/^stumble failed/);
  },
);

test("an orchestration's own words stay", () => {
  expect(() => withWords(throwing(new Error("no luck")), context).next()).toThrow("no luck");
});

test("a step without an activity is refused at start-up, by name", () => {
  expect(() => registerActivities([], [{ name: "submitRun" }])).toThrow(
    "No activity for submitRun.",
  );
});
