import { settle } from "#domain/gate/contest.ts";
import { couldNotMeasure } from "#domain/gate/judge.ts";
import type { Verdict } from "#domain/pipeline.ts";
import { withError, withStage, withVerdict } from "#domain/progress.ts";
import type { AcceptedPipeline } from "#domain/request.ts";
import type { Durably } from "#durable/durably.ts";
import type { Journal } from "./journal.ts";
import type { Measured } from "./measure.ts";

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
  return yield* journal.step("decide", function* () {
    const decision = settleAll(journal, policy, measured);
    journal.pipeline = withVerdict(journal.pipeline, decision.verdict);
    yield* journal.save();
    return decision;
  });
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
