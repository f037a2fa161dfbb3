import type { BranchOutcome } from "#domain/branch.ts";
import type { ErrorBody } from "#domain/errors.ts";
import type { JudgedCell } from "#domain/gate/contest.ts";
import { branchId } from "#domain/naming.ts";
import { splitRunSteps, withData, withStage } from "#domain/progress.ts";
import { judgeCell, NO_EVIDENCE } from "#domain/report/measure-cell.ts";
import type { MeasuredCell } from "#domain/report/report.ts";
import type { AcceptedPipeline } from "#domain/request.ts";
import { type Plan, publishRows, type RunPlace, validate } from "#domain/steps.ts";
import { allThree, type Durably, together } from "#durable/durably.ts";
import { errorBody } from "#durable/failures.ts";
import { type Evaluation, evaluateFlow } from "./evaluate-flow.ts";
import type { Journal } from "./journal.ts";
import { provisionEnvironment } from "./provision-environment.ts";
import { publishPipelineEvent } from "./publish-pipeline-event.ts";
import { type StagedAssets, stageAssets } from "./stage-assets.ts";

/** Every variant on every dataset judged, or why that could not be; `measured` is what the report needs of each. */
export type Measured =
  | {
      readonly cells: readonly JudgedCell[];
      readonly measured: readonly MeasuredCell[];
      readonly error: null;
    }
  | { readonly cells: null; readonly measured: readonly []; readonly error: ErrorBody };

interface Cell {
  readonly variant: string | null;
  readonly dataset: Plan["datasets"][number] & { readonly index: number };
  readonly label: { readonly variant?: string; readonly dataset?: string };
}

/** From the request to figures: validate, prepare both sides at once, run every variant on every dataset. */
export function* measure(journal: Journal, accepted: AcceptedPipeline): Durably<Measured> {
  try {
    const plan = yield* validateRequest(journal, accepted);
    const cells = cellsOf(plan);
    journal.pipeline = splitRunSteps(
      journal.pipeline,
      cells.map(({ label }) => label),
    );
    journal.pipeline = withStage(journal.pipeline, "provisioning");
    const { assets, place } = yield* prepare(journal, accepted, plan);
    journal.pipeline = withStage(journal.pipeline, "running");
    yield* journal.save();
    return yield* runCells(journal, accepted, cells, assets, place);
  } catch (error) {
    return { cells: null, measured: [], error: errorBody(error) };
  }
}

function* validateRequest(journal: Journal, accepted: AcceptedPipeline): Durably<Plan> {
  const { id, app, bundle, data } = accepted;
  try {
    const plan = yield* journal.step("validate", () =>
      journal.call(validate, { id, app, bundle, data }),
    );
    journal.pipeline = withData(journal.pipeline, plan.datasets[0]?.digest ?? null);
    return plan;
  } catch (error) {
    const told = yield* together(journal.context, [startEvent(journal, accepted)]);
    journal.absorb(told.map(({ pipeline }) => pipeline));
    throw error;
  }
}

function startEvent({ pipeline }: Journal, accepted: AcceptedPipeline) {
  const event = { type: "Flowgate.PipelineStarted", sequence: 1, status: "running" } as const;
  return {
    orchestration: publishPipelineEvent,
    id: branchId(accepted.id, "event-1"),
    input: { accepted, pipeline, ...event },
  };
}

/** The start is told meanwhile: a topic that is away holds nothing up. */
function* prepare(
  journal: Journal,
  accepted: AcceptedPipeline,
  plan: Plan,
): Durably<{ assets: StagedAssets; place: RunPlace }> {
  const branch = { accepted, pipeline: journal.pipeline };
  const [told, staged, provisioned] = yield* allThree(
    journal.context,
    startEvent(journal, accepted),
    { orchestration: stageAssets, id: branchId(accepted.id, "assets"), input: { ...branch, plan } },
    {
      orchestration: provisionEnvironment,
      id: branchId(accepted.id, "environment"),
      input: branch,
    },
  );
  journal.absorb([told.pipeline, staged.pipeline, provisioned.pipeline]);
  return { assets: journal.require(staged), place: journal.require(provisioned) };
}

function* runCells(
  journal: Journal,
  accepted: AcceptedPipeline,
  cells: readonly Cell[],
  { flow, evaluation, data }: StagedAssets,
  place: RunPlace,
): Durably<Measured> {
  const outcomes = yield* together(
    journal.context,
    cells.map(({ variant, dataset, label }, index) => ({
      orchestration: evaluateFlow,
      id: branchId(accepted.id, `run-${index}`),
      input: {
        accepted,
        pipeline: journal.pipeline,
        index,
        variant,
        dataset: {
          index: dataset.index,
          name: dataset.name,
          digest: dataset.digest,
          snapshot: dataset.blob,
        },
        flow,
        evaluation,
        data: data[dataset.index] ?? { base: "", evaluation: null },
        place,
        label,
      },
    })),
  );
  journal.absorb(outcomes.map(({ pipeline }) => pipeline));
  journal.pipeline = withStage(journal.pipeline, "deciding");
  const { repeats } = accepted.policy.gate;
  yield* journal.call(publishRows, { id: accepted.id, parts: cells.length, rounds: repeats });
  requireOneVariant(journal, cells, outcomes);
  return {
    error: null,
    cells: outcomes.map(({ value, error }, index) =>
      judgeCell(accepted.policy.gate, placeOf(cells[index]), value?.evidence ?? null, error),
    ),
    measured: outcomes.map((outcome, index) => measuredCell(index, cells[index], outcome)),
  };
}

/** A variant that cannot be measured leaves the others their chance; where none can, the first error is why. */
function requireOneVariant(
  journal: Journal,
  cells: readonly Cell[],
  outcomes: readonly BranchOutcome<Evaluation>[],
): void {
  const broken = outcomes.filter(({ error }) => error !== null);
  const lost = new Set(cells.filter((_, at) => outcomes[at]?.error).map(({ variant }) => variant));
  const [first] = broken;
  if (first !== undefined && cells.every(({ variant }) => lost.has(variant)))
    journal.require(first);
}

function placeOf(cell: Cell | undefined) {
  return { variant: cell?.variant ?? null, dataset: cell?.dataset.name ?? "" };
}

function measuredCell(
  index: number,
  cell: Cell | undefined,
  { value, error }: BranchOutcome<Evaluation>,
): MeasuredCell {
  return {
    ...placeOf(cell),
    index,
    digest: cell?.dataset.digest ?? "",
    logged: value?.evidence.logged ?? { finite: {}, malformed: {} },
    troubles: value?.evidence.tally.troubles ?? [],
    baseline: value?.baseline ?? null,
    error: value === null ? (error ?? NO_EVIDENCE) : null,
  };
}

function cellsOf({ variants, datasets }: Plan): readonly Cell[] {
  return variants.flatMap((variant) =>
    datasets.map((dataset, index) => ({
      variant,
      dataset: { ...dataset, index },
      label: {
        ...(variant !== null && variants.length > 1 ? { variant } : {}),
        ...(datasets.length > 1 ? { dataset: dataset.name } : {}),
      },
    })),
  );
}
