import type { Evidence, RowTally } from "#domain/gate/evidence.ts";
import { GatePolicy } from "#domain/gate/policy.ts";
import { newPipeline } from "#domain/progress.ts";
import type { AcceptedPipeline } from "#domain/request.ts";

const BUNDLE = `sha256:${"ab".repeat(32)}`;

/** A pipeline that was accepted and may deploy; a test names only what it is about. */
export function anAccepted(differences: Partial<AcceptedPipeline> = {}): AcceptedPipeline {
  return {
    id: "shop-0123456789ab",
    app: "shop",
    bundle: BUNDLE,
    data: null,
    trigger: "http",
    commit: null,
    deploy: { wanted: true },
    policy: aPolicy(),
    createdAt: "2026-01-01T00:00:00.000Z",
    ...differences,
  };
}

export function aPolicy(
  differences: Partial<AcceptedPipeline["policy"]> = {},
): AcceptedPipeline["policy"] {
  return {
    environment: { kind: "session", vmSize: "Standard_DS1_v2", timeoutMs: 30 * 60_000 },
    runTimeoutMs: 60 * 60_000,
    gate: GatePolicy.parse({}),
    deploy: {
      timeoutMs: 45 * 60_000,
      rollout: { steps: [10, 50, 100], bakeMs: 60_000 },
      keep: 0,
    },
    ...differences,
  };
}

export function aPipeline(differences: Partial<AcceptedPipeline> = {}) {
  return newPipeline(anAccepted(differences));
}

/** Ten rows, nine of them right. */
export function aTally(differences: Partial<RowTally> = {}): RowTally {
  return {
    expected: 10,
    correct: 9,
    incorrect: 1,
    runError: 0,
    evalError: 0,
    missing: 0,
    graded: 10,
    firstError: null,
    troubles: [],
    ...differences,
  };
}

/** Ten rows, nine of them right, and the same logged. */
export function anEvidence(differences: Partial<Evidence> = {}): Evidence {
  const tally = differences.tally ?? aTally();
  const notRight = tally.expected - tally.correct;
  return {
    tally,
    logged: { finite: { accuracy: tally.correct / tally.expected }, malformed: {} },
    spreads: {},
    usage: {},
    slices: [],
    tooManySlices: [],
    golden: null,
    wrong: Array.from({ length: Math.min(notRight, 100) }, (_, place) => tally.correct + place),
    repeats: 1,
    flaky: [],
    flakyRows: 0,
    baseline: null,
    ...differences,
  };
}
