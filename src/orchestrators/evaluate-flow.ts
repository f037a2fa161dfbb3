import { z } from "zod";
import { BranchInput, branchOutcome } from "#domain/branch.ts";
import { PipelineError } from "#domain/errors.ts";
import { Evidence, type LoggedMetrics } from "#domain/gate/evidence.ts";
import { runName } from "#domain/naming.ts";
import type { RunRecord } from "#domain/pipeline.ts";
import { withRun, withStage } from "#domain/progress.ts";
import {
  cancelRun,
  collectRows,
  RunPlace,
  readMetrics,
  readRun,
  submitRun,
  uploadData,
  uploadFlow,
} from "#domain/steps.ts";
import { type Durably, defineOrchestration, poll, timedOut, timestamp } from "#durable/durably.ts";
import { errorBody } from "#durable/failures.ts";
import { Journal } from "./journal.ts";

const Input = BranchInput.extend({
  /** Place among the runs of this pipeline. */
  index: z.number().int(),
  variant: z.string().nullable(),
  dataset: z.object({ index: z.number().int(), name: z.string(), snapshot: z.string() }),
  flow: uploadFlow.output,
  evaluation: uploadFlow.output,
  data: uploadData.output,
  place: RunPlace,
  /** What tells this run's steps from those of others; empty where there is only one. */
  label: z.object({ variant: z.string().optional(), dataset: z.string().optional() }),
});
type Input = z.infer<typeof Input>;

/** One variant over one dataset: base run, evaluation run, what they logged, and every row. */
export const evaluateFlow = defineOrchestration({
  name: "evaluateFlow",
  input: Input,
  output: branchOutcome(Evidence),

  *run(context, input) {
    const journal = new Journal(context, input, input.label);
    const baseRun = runName(input.accepted.id, "base", input.index);
    const evaluationRun = runName(input.accepted.id, "evaluation", input.index);

    return yield* journal.outcome(function* () {
      noteRun(journal, input, { baseRun, status: "Running" });
      yield* journal.step("runFlow", () => runToEnd(journal, input, "base", baseRun, null));
      noteRun(journal, input, { baseRun, evaluationRun, status: "Running" });
      journal.pipeline = withStage(journal.pipeline, "evaluating");
      try {
        yield* journal.step("runEvaluation", () =>
          runToEnd(journal, input, "evaluation", evaluationRun, baseRun),
        );
      } catch (error) {
        return yield* withoutEvaluation(journal, input, { baseRun, evaluationRun }, error);
      }
      const logged = yield* journal.step("readMetrics", () =>
        journal.call(readMetrics, { run: evaluationRun }),
      );
      const metrics = logged.finite;
      noteRun(journal, input, { baseRun, evaluationRun, status: "Completed", metrics });
      return yield* collect(journal, input, { baseRun, evaluationRun }, logged);
    });
  },
});

interface Runs {
  readonly baseRun: string;
  readonly evaluationRun: string;
}

function collect(
  journal: Journal,
  input: Input,
  runs: Runs,
  logged: LoggedMetrics,
): Durably<Evidence> {
  const { index, dataset } = input;
  const { snapshot } = dataset;
  return journal.step("collectRows", () =>
    journal.call(collectRows, { ...cellOf(input), index, snapshot, ...runs, logged }),
  );
}

/** Azure does not evaluate nothing: where no row got as far, the rows and not the evaluation are what failed. */
function* withoutEvaluation(
  journal: Journal,
  input: Input,
  runs: Runs,
  error: unknown,
): Durably<Evidence> {
  if (errorBody(error).code !== "RUN_FAILED") throw error;
  let evidence: Evidence;
  try {
    evidence = yield* collect(journal, input, runs, { finite: {}, malformed: {} });
  } catch (cause) {
    journal.context.warn(`The rows were not collected: ${errorBody(cause).message}`);
    throw error;
  }
  const { runError, expected } = evidence.tally;
  if (runError < expected) throw error;
  return evidence;
}

function* runToEnd(
  journal: Journal,
  input: Input,
  kind: "base" | "evaluation",
  run: string,
  baseRun: string | null,
): Durably<void> {
  const patienceMs = input.accepted.policy.runTimeoutMs;
  const note = (status: string) => {
    const names = baseRun === null ? { baseRun: run } : { baseRun, evaluationRun: run };
    noteRun(journal, input, { ...names, status });
  };
  let answer: z.infer<typeof readRun.output> | typeof timedOut;
  try {
    yield* submit(journal, input, kind, run, baseRun);
    const isSettled = ({ state }: { state: string }) => state !== "running";
    answer = yield* poll(journal.context, readRun, { run }, { isSettled, patienceMs });
  } catch (error) {
    // Whether it goes on or never began, nobody waits for it any more.
    yield* cancel(journal, run);
    note("Failed");
    throw error;
  }
  if (answer === timedOut) {
    yield* cancel(journal, run);
    note("Canceled");
    throw new PipelineError(
      "RUN_TIMEOUT",
      `The ${kind} run ${run} did not end within ${Math.round(patienceMs / 60_000)} minutes (runTimeout) and was cancelled.`,
    );
  }
  if (answer.state === "completed") return;

  note(answer.status);
  if (answer.error === null) {
    throw new PipelineError("RUN_FAILED", `The ${kind} run ${run} ended as ${answer.status}.`);
  }
  const { code, message, ...where } = answer.error;
  throw new PipelineError(code, message, { where });
}

function submit(
  journal: Journal,
  input: Input,
  kind: "base" | "evaluation",
  run: string,
  baseRun: string | null,
): Durably<unknown> {
  const { flow, evaluation, data, place } = input;
  const own =
    kind === "base" ? { flow, data: data.base } : { flow: evaluation, data: data.evaluation };
  return journal.call(submitRun, { ...cellOf(input), ...own, kind, run, baseRun, place });
}

/** As well as it can be: why the pipeline gives the run up is what is told. */
function* cancel(journal: Journal, run: string): Durably<void> {
  try {
    yield* journal.call(cancelRun, { run });
  } catch (error) {
    journal.context.warn(`Run ${run} was not cancelled: ${errorBody(error).message}`);
  }
}

function noteRun(
  journal: Journal,
  { variant, label }: Input,
  known: Partial<RunRecord> & { status: string },
): void {
  const run = {
    variant,
    ...(label.dataset === undefined ? {} : { dataset: label.dataset }),
    baseRun: null,
    evaluationRun: null,
    metrics: {},
    ...known,
  };
  journal.pipeline = withRun(journal.pipeline, run, timestamp(journal.context));
}

function cellOf({ accepted, variant, dataset }: Input) {
  const { id, app, bundle } = accepted;
  return { id, app, bundle, variant, dataset: dataset.index };
}
