import { expect, test } from "vitest";
import { z } from "zod";
import { defineStep } from "#domain/step.ts";
import { call, defineOrchestration } from "#durable/durably.ts";
import { drive } from "#kit/drive.ts";
import { failing } from "#kit/good-days.ts";

const ask = defineStep({ name: "ask", input: z.object({}), output: z.object({}) });
const asking = defineOrchestration({
  name: "asking",
  input: z.object({}),
  output: z.object({}),
  *run(context) {
    return yield* call(context, ask, {});
  },
});

test("what took longer to fail than patience lasts is tried again all the same", () => {
  const script = {
    ask: (_: never, attempt: number) => (attempt === 1 ? failing("AZURE_BUSY", true)() : {}),
  };
  const { called } = drive(asking, {}, script, [], { ask: 120_000 });

  expect(called).toEqual(["ask", "ask"]);
});

test("patience ends all the same when every attempt takes long", () => {
  const inputs: unknown[] = [];
  const script = {
    ask: (input: never) => {
      inputs.push(input);
      return failing("AZURE_BUSY", true)();
    },
  };

  expect(() => drive(asking, {}, script, [], { ask: 120_000 })).toThrow("no luck");
  expect(inputs).toHaveLength(2);
});
