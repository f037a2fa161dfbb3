import { z } from "zod";
import { BranchInput, branchOutcome } from "#domain/branch.ts";
import { PipelineError } from "#domain/errors.ts";
import { assignRole, ensureEndpoint, readEndpoint } from "#domain/steps.ts";
import { defineOrchestration } from "#durable/durably.ts";
import { Journal } from "./journal.ts";
import { untilSettled } from "./until-settled.ts";

/** The endpoint is there, has an address, and its identity may read the workspace's connections. */
export const prepareEndpoint = defineOrchestration({
  name: "prepareEndpoint",
  input: BranchInput.extend({ endpoint: z.string() }),
  output: branchOutcome(readEndpoint.output),

  *run(context, input) {
    const { id, app, bundle, policy } = input.accepted;
    const { endpoint } = input;
    const journal = new Journal(context, input);
    const patienceMs = policy.deploy.timeoutMs;
    const failed = (why: string) =>
      new PipelineError("DEPLOYMENT_FAILED", `The endpoint ${endpoint} failed: ${why}`);

    return yield* journal.outcome(function* () {
      const ready = yield* journal.step("ensureEndpoint", function* () {
        yield* journal.call(ensureEndpoint, { id, app, bundle, endpoint });
        const answer = yield* untilSettled(context, readEndpoint, { endpoint }, patienceMs);
        if (answer.state === "timedOut") throw failed("it was not ready in time");
        if (answer.state !== "ready") throw failed(answer.message);
        return answer;
      });
      yield* journal.step("assignEndpointRole", function* () {
        // An endpoint with an identity of the user's own got its rights from them.
        if (ready.principalId === null) return;
        yield* journal.call(assignRole, { principalId: ready.principalId });
      });
      return ready;
    });
  },
});
