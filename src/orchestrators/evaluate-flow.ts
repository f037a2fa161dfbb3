import { z } from "zod";
import { comparedMetrics, StableRows } from "#domain/baseline.ts";
import { BranchInput, branchOutcome } from "#domain/branch.ts";
import { Evidence, type LoggedMetrics, type RowTally } from "#domain/gate/evidence.ts";
import { meanMetrics } from "#domain/mean-metrics.ts";
import { runName } from "#domain/naming.ts";
import { Digest, type RunRecord } from "#domain/pipeline.ts";
import { withRun, withStage } from "#domain/progress.ts";
import {
  collectRows,
  findBaseline,
  RunPlace,
  readMetrics,
  uploadData,
  uploadFlow,
} from "#domain/steps.ts";
import { type Durably, defineOrchestration, timestamp } from "#durable/durably.ts";
import { errorBody } from "#durable/failures.ts";
import { Journal } from "./journal.ts";
import { runToEnd } from "./run-to-end.ts";

const Input = BranchInput.extend({
  /** Place among the runs of this pipeline. */
  index: z.number().int(),
  variant: z.string().nullable(),
  dataset: z.object({
    index: z.number().int(),
    name: z.string(),
    digest: Digest,
    snapshot: z.string(),
  }),
  flow: uploadFlow.output,
  evaluation: uploadFlow.output,
  data: uploadData.output,
  place: RunPlace,
  /** What tells this run's steps from those of others; empty where there is only one. */
  label: z.object({ variant: z.string().optional(), dataset: z.string().optional() }),
});
type Input = z.infer<typeof Input>;

/** What came out, and the rows that it was compared with; null where the gate asks for none. */
export const Evaluation = z.object({ evidence: Evidence, baseline: StableRows.nullable() });
export type Evaluation = z.infer<typeof Evaluation>;

/** One variant over one dataset: base run, evaluation run, what they logged, and every row; as often as the gate repeats it. */
export const evaluateFlow = defineOrchestration({
  name: "evaluateFlow",
  input: Input,
  output: branchOutcome(Evaluation),

  *run(context, input) {
    const journal = new Journal(context, input, input.label);
    return yield* journal.outcome(() => evaluate({ journal, input, logged: [], troubles: [] }));
  },
});

/** The evaluation as it goes on from round to round. */
interface Scene {
  readonly journal: Journal;
  readonly input: Input;
  /** What each round logged. */
  readonly logged: LoggedMetrics[];
  /** What the rounds so far said of themselves that their lines do not show. */
  troubles: RowTally["troubles"];
  /** Looked up once, so that every round is held against the same; undefined until then. */
  baseline?: StableRows | null;
}

interface Round {
  readonly number: number;
  readonly baseRun: string;
  readonly evaluationRun: string;
}

type Collected = z.infer<typeof collectRows.output>;

function* evaluate(scene: Scene): Durably<Evaluation> {
  const { journal, input } = scene;
  const { id, policy } = input.accepted;
  const { repeats } = policy.gate;
  try {
    for (let number = 0; ; number += 1) {
      if (repeats > 1) journal.round = { number: number + 1, of: repeats };
      const baseRun = runName(id, "base", input.index, number);
      const evaluationRun = runName(id, "evaluation", input.index, number);
      const { isSettled, ...evidence } = yield* play(scene, { number, baseRun, evaluationRun });
      scene.troubles = evidence.tally.troubles;
      const baseline = scene.baseline ?? null;
      if (isSettled || number + 1 >= repeats) return { evidence, baseline };
    }
  } finally {
    journal.endRounds();
  }
}

function* play(scene: Scene, round: Round): Durably<Collected> {
  const { journal } = scene;
  const { baseRun, evaluationRun } = round;
  noteRun(scene, round, { baseRun, status: "Running" });
  yield* journal.step("runFlow", () => runOf(scene, round, "base"));
  noteRun(scene, round, { baseRun, evaluationRun, status: "Running" });
  journal.pipeline = withStage(journal.pipeline, "evaluating");
  try {
    yield* journal.step("runEvaluation", () => runOf(scene, round, "evaluation"));
  } catch (error) {
    return yield* withoutEvaluation(scene, round, error);
  }
  const logged = yield* journal.step("readMetrics", () =>
    journal.call(readMetrics, { run: evaluationRun }),
  );
  scene.logged.push(logged);
  const metrics = meanMetrics(scene.logged).finite;
  noteRun(scene, round, { baseRun, evaluationRun, status: "Completed", metrics });
  return yield* collect(scene, round);
}

function runOf(scene: Scene, round: Round, kind: "base" | "evaluation"): Durably<void> {
  const { accepted, flow, evaluation, data, place } = scene.input;
  const { baseRun, evaluationRun } = round;
  const own =
    kind === "base"
      ? { run: baseRun, baseRun: null, flow, data: data.base }
      : { run: evaluationRun, baseRun, flow: evaluation, data: data.evaluation };
  const request = { ...cellOf(scene.input), ...own, kind, place };
  const names = kind === "base" ? { baseRun } : { baseRun, evaluationRun };
  const note = (status: string) => noteRun(scene, round, { ...names, status });
  return runToEnd(scene.journal, request, accepted.policy.runTimeoutMs, note);
}

function collect(scene: Scene, { number, baseRun, evaluationRun }: Round): Durably<Collected> {
  const { journal, input } = scene;
  const { index, dataset, label } = input;
  return journal.step("collectRows", function* () {
    scene.baseline ??= yield* baselineOf(scene);
    return yield* journal.call(collectRows, {
      ...cellOf(input),
      index,
      round: number,
      datasetName: label.dataset ?? null,
      snapshot: dataset.snapshot,
      baseRun,
      evaluationRun,
      logged: meanMetrics(scene.logged),
      troubles: scene.troubles,
      baseline: scene.baseline,
    });
  });
}

function* baselineOf({ journal, input }: Scene): Durably<StableRows | null> {
  const { id, app, bundle, policy } = input.accepted;
  if (comparedMetrics(policy.gate).length === 0) return null;
  return yield* journal.call(findBaseline, { id, app, bundle, digest: input.dataset.digest });
}

/** Azure does not evaluate nothing: where no row got as far, the rows and not the evaluation are what failed. */
function* withoutEvaluation(scene: Scene, round: Round, error: unknown): Durably<Collected> {
  if (errorBody(error).code !== "RUN_FAILED") throw error;
  let collected: Collected;
  try {
    collected = yield* collect(scene, round);
  } catch (cause) {
    scene.journal.context.warn(`The rows were not collected: ${errorBody(cause).message}`);
    throw error;
  }
  const { runError, expected } = collected.tally;
  if (runError < expected) throw error;
  return { ...collected, isSettled: true };
}

function noteRun(
  { journal, input }: Scene,
  { number }: Round,
  known: Partial<RunRecord> & { status: string },
): void {
  const { variant, label, dataset, accepted } = input;
  const run = {
    variant,
    ...(label.dataset === undefined ? {} : { dataset: label.dataset, data: dataset.digest }),
    ...(accepted.policy.gate.repeats === 1 ? {} : { repeat: number + 1 }),
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
