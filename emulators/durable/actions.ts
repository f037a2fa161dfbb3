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
  return { leaves: [...leaves], repeated };
}

export type LeafKind =
  | "activity"
  | "subOrchestration"
  | "timer"
  | "event"
  | "continueAsNew"
  | "unsupported";

const KINDS: Readonly<Record<number, LeafKind>> = {
  [ActionType.CallActivity]: "activity",
  [ActionType.CallActivityWithRetry]: "activity",
  [ActionType.CallSubOrchestrator]: "subOrchestration",
  [ActionType.CallSubOrchestratorWithRetry]: "subOrchestration",
  [ActionType.CreateTimer]: "timer",
  [ActionType.WaitForExternalEvent]: "event",
  [ActionType.ContinueAsNew]: "continueAsNew",
};

export function kindOf({ actionType }: Action): LeafKind {
  return KINDS[actionType] ?? "unsupported";
}

export function nameOf(action: Action): string {
  return action.functionName ?? action.externalEventName ?? "";
}

/** What an app uses that is not emulated, in its own words. */
export function describeUnsupported({ actionType }: Action): string {
  const entity: readonly number[] = [
    ActionType.CallEntity,
    ActionType.SignalEntity,
    ActionType.LockEntities,
    ActionType.ReleaseEntities,
  ];
  if (entity.includes(actionType)) return "durable entities";
  if (actionType === ActionType.CallHttp) return "callHttp";
  return `actions of type ${actionType}`;
}
