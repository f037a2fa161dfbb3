import { GatePolicy } from "#domain/manifest/manifest.ts";
import { newPipeline } from "#domain/progress.ts";
import type { AcceptedPipeline } from "#domain/request.ts";
import type { RowTally } from "#domain/steps.ts";

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
