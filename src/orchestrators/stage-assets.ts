import { z } from "zod";
import { BranchInput, branchOutcome } from "#domain/branch.ts";
import { Plan, uploadData, uploadEvaluation, uploadFlow } from "#domain/steps.ts";
import { defineOrchestration } from "#durable/durably.ts";
import { Journal } from "./journal.ts";

export const StagedAssets = z.object({
  flow: uploadFlow.output,
  evaluation: uploadEvaluation.output,
  /** One entry per dataset of the plan. */
  data: z.array(uploadData.output),
});
export type StagedAssets = z.infer<typeof StagedAssets>;

/** Puts flow, evaluation flow and data where Azure ML can read them. */
export const stageAssets = defineOrchestration({
  name: "stageAssets",
  input: BranchInput.extend({ plan: Plan }),
  output: branchOutcome(StagedAssets),

  *run(context, input) {
    const { accepted, plan } = input;
    const journal = new Journal(context, input);
    const job = { id: accepted.id, app: accepted.app, bundle: accepted.bundle };

    return yield* journal.outcome(function* () {
      const flow = yield* journal.step("uploadFlow", () => journal.call(uploadFlow, job));
      const evaluation = yield* journal.step("uploadEvaluation", () =>
        journal.call(uploadEvaluation, job),
      );
      const data = yield* journal.step("uploadData", function* () {
        const uploaded: z.infer<typeof uploadData.output>[] = [];
        for (const dataset of plan.datasets) {
          uploaded.push(yield* journal.call(uploadData, { ...job, dataset }));
        }
        return uploaded;
      });
      return { flow, evaluation, data };
    });
  },
});
