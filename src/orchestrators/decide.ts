import { settle } from "#domain/gate/contest.ts";
import { couldNotMeasure } from "#domain/gate/judge.ts";
import type { Verdict } from "#domain/pipeline.ts";
import { withError, withStage, withVerdict } from "#domain/progress.ts";
import type { AcceptedPipeline } from "#domain/request.ts";
import { writeReport } from "#domain/steps.ts";
import type { Durably } from "#durable/durably.ts";
import { errorBody } from "#durable/failures.ts";
import type { Journal } from "./journal.ts";
import type { Measured } from "./measure.ts";

/** How long the removal of the test environment waits for a report that cannot be written. */
const REPORT_PATIENCE_MS = 30_000;

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
      const settled = settleAll(journal, policy, measured);
      journal.pipeline = withVerdict(journal.pipeline, settled.verdict);
      yield* journal.save();
      return { decision: settled, notes: yield* report(journal, policy, measured) };
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
    yield* journal.call(writeReport, input, { patienceMs: REPORT_PATIENCE_MS });
    return [];
  } catch (error) {
    return [`The report was not written: ${errorBody(error).message}`];
  }
}

function settleAll(
  journal: Journal,
  { gate }: AcceptedPipeline["policy"],
  { cells, error }: Measured,
): Decision {
  if (error !== null) {
    journal.pipeline = withError(journal.pipeline, error);
    return { verdict: couldNotMeasure(gate, error.message), winner: null };
  }
  const { verdict, code, node, winner } = settle(cells, gate);
  if (code !== null) {
    const message = verdict.reasons[0] ?? code;
    const body = { code, message, file: null, line: null, node };
    journal.pipeline = withError(journal.pipeline, body);
  }
  return { verdict, winner };
}
