import { z } from "zod";
import { BranchInput, branchOutcome } from "#domain/branch.ts";
import { registerModel } from "#domain/steps.ts";
import { defineOrchestration } from "#durable/durably.ts";
import { Journal } from "./journal.ts";

export const registerCandidate = defineOrchestration({
  name: "registerCandidate",
  input: BranchInput.extend({ variant: z.string().nullable() }),
  output: branchOutcome(registerModel.output),

  *run(context, input) {
    const { id, app, bundle } = input.accepted;
    const journal = new Journal(context, input);
    return yield* journal.outcome(() =>
      journal.step("registerModel", () =>
        journal.call(registerModel, { id, app, bundle, variant: input.variant }),
      ),
    );
  },
});
