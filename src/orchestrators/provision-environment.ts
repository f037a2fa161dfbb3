import { BranchInput, branchOutcome } from "#domain/branch.ts";
import { PipelineError } from "#domain/errors.ts";
import { computeName, runtimeName, sessionId } from "#domain/naming.ts";
import type { ResourceKind, StepName } from "#domain/pipeline.ts";
import type { Step } from "#domain/step.ts";
import {
  assignRole,
  ensureIdentity,
  RunPlace,
  readCompute,
  readRuntime,
  readSession,
  type Settled,
  startCompute,
  startRuntime,
  startSession,
} from "#domain/steps.ts";
import { type Durably, defineOrchestration } from "#durable/durably.ts";
import { Journal } from "./journal.ts";
import { askToCreate } from "./late-creation.ts";
import { untilSettled } from "./until-settled.ts";

const LOST = "Azure took the request, but does not know it; see whether somebody removed it.";

/** Creates the place where runs happen; every name is in the ledger before the call that creates it. */
export const provisionEnvironment = defineOrchestration({
  name: "provisionEnvironment",
  input: BranchInput,
  output: branchOutcome(RunPlace),

  *run(context, input) {
    const journal = new Journal(context, input);
    const { kind } = input.accepted.policy.environment;
    return yield* journal.outcome(() =>
      kind === "session" ? provisionSession(journal, input) : provisionRuntime(journal, input),
    );
  },
});

function* provisionSession(journal: Journal, { accepted }: BranchInput): Durably<RunPlace> {
  const { id, app, bundle } = accepted;
  const { vmSize, timeoutMs } = accepted.policy.environment;
  const name = sessionId(id);
  yield* create(journal, "createSession", function* () {
    yield* journal.note("session", name, "intended");
    const request = { id, app, bundle, name, vmSize };
    const { answer, notes } = yield* askToCreate(journal, startSession, request);
    const named = { name, operation: answer.operation };
    yield* untilReady(journal, "session", name, readSession, named, timeoutMs);
    return notes;
  });
  return { kind: "session", name, vmSize };
}

function* provisionRuntime(journal: Journal, { accepted }: BranchInput): Durably<RunPlace> {
  const { id } = accepted;
  const { vmSize, timeoutMs } = accepted.policy.environment;
  const compute = computeName(id);
  const runtime = runtimeName(id);

  const identity = yield* journal.step("ensureIdentity", function* () {
    const ensured = yield* journal.call(ensureIdentity, {});
    yield* journal.note("identity", ensured.name, "kept");
    return ensured;
  });
  yield* journal.step("assignRole", function* () {
    const role = yield* journal.call(assignRole, { principalId: identity.principalId });
    yield* journal.note("roleAssignment", role.name, "kept");
  });
  yield* create(journal, "createCompute", function* () {
    yield* journal.note("computeInstance", compute, "intended");
    const request = { id, name: compute, vmSize, identity: identity.resourceId };
    const { notes } = yield* askToCreate(journal, startCompute, request);
    const named = { name: compute };
    yield* untilReady(journal, "computeInstance", compute, readCompute, named, timeoutMs);
    return notes;
  });
  yield* create(journal, "createRuntime", function* () {
    yield* journal.note("runtime", runtime, "intended");
    const request = { id, name: runtime, compute };
    const { notes } = yield* askToCreate(journal, startRuntime, request);
    yield* untilReady(journal, "runtime", runtime, readRuntime, { name: runtime }, timeoutMs);
    return notes;
  });
  return { kind: "runtime", name: runtime };
}

/** A step whose work answers what is to be noted of it. */
function create(
  journal: Journal,
  name: StepName,
  work: () => Durably<readonly string[]>,
): Durably<readonly string[]> {
  return journal.step(name, work, (notes) => notes);
}

function* untilReady<Input>(
  journal: Journal,
  kind: ResourceKind,
  name: string,
  read: Step<Input, Settled>,
  input: Input,
  patienceMs: number,
): Durably<void> {
  const answer = yield* untilSettled(journal.context, read, input, patienceMs);
  if (answer.state === "timedOut") {
    const minutes = Math.round(patienceMs / 60_000);
    const message = `The ${kind} ${name} was not ready within ${minutes} minutes (environment.timeout).`;
    throw new PipelineError("ENVIRONMENT_TIMEOUT", answer.lost ? `${message} ${LOST}` : message);
  }
  if (answer.state === "failed") {
    throw new PipelineError("ENVIRONMENT_FAILED", `The ${kind} ${name} failed: ${answer.message}`);
  }
  yield* journal.note(kind, name, "created");
}
