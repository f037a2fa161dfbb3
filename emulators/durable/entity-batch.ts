import { parseEntityId } from "./entity-id.ts";
import type { Entity } from "./store/entities.ts";
import type { LockRequest, Operation, Queued, Release } from "./store/entity-requests.ts";

/** What an entity does in one go: operations, and then perhaps a change of its lock. */
export interface EntityBatch {
  readonly operations: readonly Queued<Operation>[];
  readonly last: Queued<LockRequest | Release> | undefined;
}

/** The extension's `maxEntityOperationBatchSize`. */
const MOST_OPERATIONS = 5000;

/**
 * From the first request on; while the entity is locked only what its holder asks, and releases: one that comes from
 * somebody else is the second by an orchestration that has ended, and changes nothing.
 */
export function takeEntityBatch(
  requests: readonly Queued[],
  lockedBy: string | null,
): EntityBatch | undefined {
  const usable = requests.filter(
    ({ kind, caller }) =>
      lockedBy === null || caller?.instanceId === lockedBy || kind === "release",
  );
  const end = usable.findIndex(({ kind }) => kind !== "operation");
  const operations = usable.slice(0, end < 0 ? MOST_OPERATIONS : end).filter(isOperation);
  const last = usable[operations.length];
  if (!last && operations.length === 0) return undefined;
  return { operations, last: last && !isOperation(last) ? last : undefined };
}

function isOperation(request: Queued): request is Queued<Operation> {
  return request.kind === "operation";
}

/** The entity trigger's text. */
export function entityPayload(
  { id, exists, state }: Entity,
  operations: readonly Operation[],
): string {
  const batch = operations.map(({ id: requestId, name, input, isSignal }) => ({
    name,
    input,
    isSignal,
    id: requestId,
  }));
  return JSON.stringify({ self: parseEntityId(id), exists, state, batch });
}

/** What the SDK made of a batch. */
export interface EntityAnswer {
  readonly entityExists: boolean;
  readonly entityState: string | null;
  readonly results: readonly {
    readonly isError: boolean;
    /** JSON text. */
    readonly result?: string;
  }[];
  readonly signals: readonly {
    readonly target: { readonly name: string; readonly key: string };
    readonly name: string;
    readonly input: string;
  }[];
}

/** Throws when the function did not return what the SDK makes entity functions return. */
export function readEntityAnswer(value: unknown, operations: number): EntityAnswer {
  if (!isAnswer(value) || value.results.length < operations) {
    throw new Error(
      "The entity function returned no entity state. Register it with df.app.entity.",
    );
  }
  return { ...value, entityState: value.entityState ?? null };
}

function isAnswer(value: unknown): value is EntityAnswer {
  return (
    typeof value === "object" &&
    value !== null &&
    "results" in value &&
    Array.isArray(value.results) &&
    "signals" in value &&
    Array.isArray(value.signals)
  );
}
