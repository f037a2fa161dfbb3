import { type JudgedCell, settle } from "#domain/gate/contest.ts";
import type { PairedCounts } from "#domain/gate/evidence.ts";
import { couldNotMeasure } from "#domain/gate/judge.ts";
import type { GatePolicy } from "#domain/gate/policy.ts";
import type { Verdict } from "#domain/pipeline.ts";
import { withError, withStage, withVerdict } from "#domain/progress.ts";
import { runsToPair } from "#domain/report/pair-variants.ts";
import type { MeasuredCell } from "#domain/report/report.ts";
import type { AcceptedPipeline } from "#domain/request.ts";
import { compareVariants, writeReport } from "#domain/steps.ts";
import type { Durably } from "#durable/durably.ts";
import { errorBody } from "#durable/failures.ts";
import type { Journal } from "./journal.ts";
import type { Measured } from "./measure.ts";

/** How long the removal of the test environment waits for each: rows that cannot be read, and a report that cannot be written. */
const PATIENCE_MS = 30_000;

export interface Decision {
  readonly verdict: Verdict;
  /** The variant to deploy; null where the app has none. */
  readonly winner: string | null;
}

export function* decide(
  journal: Journal,
  { policy }: AcceptedPipeline,
  measured: Measured,
): Durably<Decision> {
  journal.pipeline = withStage(journal.pipeline, "deciding");
  const { decision } = yield* journal.step(
    "decide",
    function* () {
      const { decision: settled, notes } = yield* settleAll(journal, policy, measured);
      journal.pipeline = withVerdict(journal.pipeline, settled.verdict);
      yield* journal.save();
      return {
        decision: settled,
        notes: [...notes, ...(yield* report(journal, policy, measured))],
      };
    },
    ({ notes }) => notes,
  );
  return decision;
}

/** What could not be reported is noted, and changes nothing about the verdict. */
function* report(
  journal: Journal,
  { gate }: AcceptedPipeline["policy"],
  { measured }: Measured,
): Durably<readonly string[]> {
  const input = { pipeline: journal.pipeline, policy: gate, cells: [...measured] };
  try {
    yield* journal.call(writeReport, input, { patienceMs: PATIENCE_MS });
    return [];
  } catch (error) {
    return [`The report was not written: ${errorBody(error).message}`];
  }
}

interface Settled {
  readonly decision: Decision;
  readonly notes: readonly string[];
}

function* settleAll(
  journal: Journal,
  { gate }: AcceptedPipeline["policy"],
  measured: Measured,
): Durably<Settled> {
  const { cells, error } = measured;
  if (error !== null) {
    journal.pipeline = withError(journal.pipeline, error);
    return { decision: { verdict: couldNotMeasure(gate, error.message), winner: null }, notes: [] };
  }
  const { paired, notes } = yield* compare(journal, gate, cells, measured.measured);
  const { verdict, code, node, winner } = settle(cells, gate, paired);
  if (code !== null) {
    const message = verdict.reasons[0] ?? code;
    const body = { code, message, file: null, line: null, node };
    journal.pipeline = withError(journal.pipeline, body);
  }
  return { decision: { verdict, winner }, notes };
}

/** Without the rows the verdict is the same one, and says less of the two best variants. */
function* compare(
  journal: Journal,
  policy: GatePolicy,
  judged: readonly JudgedCell[],
  measured: readonly MeasuredCell[],
): Durably<{ readonly paired: PairedCounts | null; readonly notes: readonly string[] }> {
  const runs = [...runsToPair(policy, judged, measured)];
  if (runs.length === 0) return { paired: null, notes: [] };
  const input = { id: journal.pipeline.id, policy, runs };
  try {
    const paired = yield* journal.call(compareVariants, input, { patienceMs: PATIENCE_MS });
    return { paired, notes: [] };
  } catch (error) {
    return {
      paired: null,
      notes: [`The rows of the two best variants were not compared: ${errorBody(error).message}`],
    };
  }
}
