import { z } from "zod";
import { BranchInput, branchOutcome } from "#domain/branch.ts";
import { PipelineError } from "#domain/errors.ts";
import type { Resource, ResourceState, StepName } from "#domain/pipeline.ts";
import type { Step } from "#domain/step.ts";
import {
  readCompute,
  readRuntime,
  readSession,
  removeResource,
  type Settled,
} from "#domain/steps.ts";
import { type Durably, defineOrchestration, now, pause, poll, timedOut } from "#durable/durably.ts";
import { errorBody } from "#durable/failures.ts";
import { Journal } from "./journal.ts";
import { lateUntil } from "./late-creation.ts";

const PATIENCE_MS = 20 * 60_000;
/** What is still being made refuses its removal for minutes. */
const REFUSED_MS = 5 * 60_000;
type Removable = "runtime" | "session" | "computeInstance";

interface Removal {
  readonly kind: Removable;
  /** Of its creation. */
  readonly made: StepName;
  readonly step: StepName;
  readonly read: Step<{ name: string; operation: string | null }, Settled>;
}

/** In this order: a compute instance goes last, because a runtime lives on it. */
const REMOVALS: readonly Removal[] = [
  {
    kind: "runtime",
    made: "createRuntime",
    step: "deleteRuntime",
    read: readRuntime as Removal["read"],
  },
  { kind: "session", made: "createSession", step: "deleteSession", read: readSession },
  {
    kind: "computeInstance",
    made: "createCompute",
    step: "deleteCompute",
    read: readCompute as Removal["read"],
  },
];

/** Removes whatever was created or only intended, and believes it gone when a read says so. */
export const removeEnvironment = defineOrchestration({
  name: "removeEnvironment",
  input: BranchInput,
  output: branchOutcome(z.object({ leaked: z.array(z.string()) })),

  *run(context, input) {
    const journal = new Journal(context, input);
    return yield* journal.outcome(function* () {
      const leaked: string[] = [];
      for (const removal of REMOVALS) {
        for (const resource of ours(journal, removal.kind)) {
          const trouble = yield* remove(journal, removal, resource);
          if (trouble !== null) leaked.push(`${resource.kind} ${resource.name} (${trouble})`);
        }
      }
      return { leaked };
    });
  },
});

function ours(journal: Journal, kind: Removable): readonly Resource[] {
  return journal.pipeline.resources.filter(
    (resource) => resource.kind === kind && ["intended", "created"].includes(resource.state),
  );
}

/** Why it could not be seen to be gone, or null; the ledger then keeps it as `leaked`. */
function* remove(journal: Journal, removal: Removal, { name }: Resource): Durably<string | null> {
  const { kind, step } = removal;
  try {
    yield* journal.step(step, () => removeForGood(journal, removal, name));
  } catch (error) {
    const { message } = errorBody(error);
    journal.context.error(`${kind} ${name} was not removed: ${message}`);
    yield* noteIfPossible(journal, kind, name, "leaked");
    return message;
  }
  yield* noteIfPossible(journal, kind, name, "deleted");
  return null;
}

/** A ledger that cannot be written holds up no further removal; an entry that stays open is looked at again by the sweep. */
function* noteIfPossible(
  journal: Journal,
  kind: Removable,
  name: string,
  state: ResourceState,
): Durably<void> {
  try {
    yield* journal.note(kind, name, state);
  } catch (error) {
    journal.context.warn(`The ledger lacks ${kind} ${name} ${state}: ${errorBody(error).message}`);
  }
}

/** A create call that was given up may take effect after the removal, which is then done again. */
function* removeForGood(journal: Journal, removal: Removal, name: string): Durably<void> {
  yield* removeAndProve(journal, removal, name);
  const made = journal.pipeline.steps.find((step) => step.name === removal.made);
  const lateMs = lateUntil(made) - now(journal.context);
  if (lateMs <= 0) return;
  yield* pause(journal.context, lateMs);
  yield* removeAndProve(journal, removal, name);
}

function* removeAndProve(journal: Journal, { kind, read }: Removal, name: string): Durably<void> {
  yield* journal.call(removeResource, { kind, name }, { patienceMs: REFUSED_MS });
  const answer = yield* poll(
    journal.context,
    read,
    { name, operation: null },
    {
      isSettled: ({ state }) => state === "gone",
      patienceMs: PATIENCE_MS,
    },
  );
  if (answer === timedOut) {
    throw new PipelineError("RESOURCE_LEAKED", `The ${kind} ${name} is still there after removal.`);
  }
}
