import { type EntityId, entityIdText } from "./entity-id.ts";
import { HTTP_ACTIVITY, type HttpRequest } from "./http-request.ts";
import type { RetryOptions } from "./store/tasks.ts";

/** The numbers of the out-of-process protocol. */
const ActionType = {
  CallActivity: 0,
  CallActivityWithRetry: 1,
  CallSubOrchestrator: 2,
  CallSubOrchestratorWithRetry: 3,
  ContinueAsNew: 4,
  CreateTimer: 5,
  WaitForExternalEvent: 6,
  CallEntity: 7,
  CallHttp: 8,
  SignalEntity: 9,
  WhenAny: 11,
  WhenAll: 12,
  LockEntities: 13,
  ReleaseEntities: 14,
} as const;

/** An action as the SDK made it; only the fields that its type has are there. */
export interface Action {
  readonly actionType: number;
  readonly functionName?: string;
  readonly input?: unknown;
  readonly instanceId?: string;
  readonly version?: string;
  readonly retryOptions?: RetryOptions;
  readonly fireAt?: Date | string;
  readonly isCanceled?: boolean;
  readonly externalEventName?: string;
  readonly httpRequest?: HttpRequest;
  /** Of a request to an entity; `instanceId` is the entity's. */
  readonly operation?: string;
  /** Of a lock: what is locked, in order and each once. A release gets those of the lock that it ends. */
  readonly lockSet?: readonly EntityId[];
  readonly lockRequestId?: string;
  readonly compoundActions?: readonly Action[];
}

export interface FlatActions {
  /** Depth first, each action object once. */
  readonly leaves: readonly Action[];
  /** Those that came a second time, inside another compound. */
  readonly repeated: ReadonlySet<Action>;
}

/**
 * Flattens compounds. An action that is met again is the same task awaited again, told apart by object identity:
 * two equal calls are two objects.
 */
export function flattenActions(actions: readonly Action[]): FlatActions {
  const leaves = new Set<Action>();
  const repeated = new Set<Action>();
  const visit = (action: Action) => {
    if (action.actionType === ActionType.WhenAny || action.actionType === ActionType.WhenAll) {
      for (const child of action.compoundActions ?? []) visit(child);
    } else if (leaves.has(action)) {
      repeated.add(action);
    } else {
      leaves.add(action);
    }
  };
  for (const action of actions) visit(action);
  return { leaves: withLockSets([...leaves]), repeated };
}

/** The SDK's release says nothing of what it releases: it is the last lock, as there is one at a time. */
function withLockSets(leaves: readonly Action[]): readonly Action[] {
  // Every turn flattens everything; most orchestrations lock nothing.
  if (!leaves.some(({ actionType }) => actionType === ActionType.ReleaseEntities)) return leaves;
  let lock: Pick<Action, "lockSet" | "lockRequestId"> = {};
  return leaves.map((action) => {
    const { actionType, lockSet = [], lockRequestId = "" } = action;
    if (actionType === ActionType.LockEntities) lock = { lockSet, lockRequestId };
    return actionType === ActionType.ReleaseEntities ? { ...action, ...lock } : action;
  });
}

export type LeafKind =
  | "activity"
  | "subOrchestration"
  | "timer"
  | "http"
  | "entityCall"
  | "entitySignal"
  | "entityLock"
  | "entityRelease"
  | "event"
  | "continueAsNew"
  | "unsupported";

const KINDS: Readonly<Record<number, LeafKind>> = {
  [ActionType.CallActivity]: "activity",
  [ActionType.CallActivityWithRetry]: "activity",
  [ActionType.CallSubOrchestrator]: "subOrchestration",
  [ActionType.CallSubOrchestratorWithRetry]: "subOrchestration",
  [ActionType.CreateTimer]: "timer",
  [ActionType.CallHttp]: "http",
  [ActionType.CallEntity]: "entityCall",
  [ActionType.SignalEntity]: "entitySignal",
  [ActionType.LockEntities]: "entityLock",
  [ActionType.ReleaseEntities]: "entityRelease",
  [ActionType.WaitForExternalEvent]: "event",
  [ActionType.ContinueAsNew]: "continueAsNew",
};

export function kindOf({ actionType }: Action): LeafKind {
  return KINDS[actionType] ?? "unsupported";
}

/** What a leaf is told by: its function, its event, or the entity that it is sent to. */
export function nameOf(action: Action): string {
  return action.functionName ?? action.externalEventName ?? nameOfBuiltIn(action);
}

function nameOfBuiltIn({ httpRequest, lockSet, operation, instanceId }: Action): string {
  if (httpRequest) return HTTP_ACTIVITY;
  const [first] = lockSet ?? [];
  if (first) return entityIdText(first);
  return operation === undefined ? "" : (instanceId ?? "");
}

/** How many numbers the SDK takes for it. */
export function numbersTaken(action: Action): number {
  const kind = kindOf(action);
  if (kind === "event" || kind === "continueAsNew") return 0;
  return kind === "entityRelease" ? (action.lockSet?.length ?? 0) : 1;
}
