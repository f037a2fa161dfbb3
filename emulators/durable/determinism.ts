import { type Action, kindOf, nameOf } from "./actions.ts";
import type { Leaf } from "./store/leaves.ts";

const WORDS: Readonly<Record<string, string>> = {
  activity: "an activity task",
  subOrchestration: "a sub-orchestration task",
  timer: "a timer task",
  http: "an activity task",
};

const SEND_ACTION = "SendEventOrchestratorAction";

const ACTION_CLASSES: Readonly<Record<string, string>> = {
  activity: "ScheduleTaskOrchestratorAction",
  subOrchestration: "CreateSubOrchestrationAction",
  timer: "CreateTimerOrchestratorAction",
  http: "ScheduleTaskOrchestratorAction",
  entityCall: SEND_ACTION,
  entitySignal: SEND_ACTION,
  entityLock: SEND_ACTION,
  entityRelease: SEND_ACTION,
};

/** To DurableTask a request to an entity is an event by one of these names, whatever it asks and whom. */
const SENT_EVENTS: Readonly<Record<string, string>> = {
  entityCall: "op",
  entitySignal: "op",
  entityLock: "op",
  entityRelease: "release",
};

const ADVICE =
  "Was a change made to the orchestrator code after this instance had already started running?";

/**
 * Compares what a replay asked for with what the instance asked for before.
 * Returns DurableTask's message for the first difference. Inputs are not compared, as there.
 */
export function findNonDeterminism(
  known: readonly Leaf[],
  replayed: readonly Action[],
): string | undefined {
  for (const [index, leaf] of known.entries()) {
    const action = replayed[index];
    const difference = action === undefined ? missing(leaf) : mismatch(leaf, action);
    if (difference) return `Non-Deterministic workflow detected: ${difference}`;
  }
  return undefined;
}

function missing({ kind, name, taskId }: Leaf): string | undefined {
  // DurableTask keeps no record of a wait for an event.
  if (taskId === null) return undefined;
  if (SENT_EVENTS[kind]) {
    return `${sent(kind, name, taskId)}, but the current replay execution hasn't (yet?) scheduled this task. ${ADVICE}`;
  }
  const named = kind === "timer" ? "" : ` and name '${name}' (version '')`;
  return `A previous execution of this orchestration scheduled ${WORDS[kind]} with sequence ID ${taskId}${named}, but the current replay execution hasn't (yet?) scheduled this task. ${ADVICE}`;
}

function mismatch(leaf: Leaf, action: Action): string | undefined {
  const kind = kindOf(action);
  const name = nameOf(action);
  if (kind === leaf.kind && isSameName(name, leaf.name)) return undefined;
  const { taskId } = leaf;
  const event = SENT_EVENTS[leaf.kind];
  if (event !== undefined && taskId !== null) {
    if (event === SENT_EVENTS[kind]) return undefined;
    const instead = ACTION_CLASSES[kind];
    return instead
      ? `${sent(leaf.kind, leaf.name, taskId)}, but the current orchestration replay instead scheduled a ${instead} task at this sequence number. ${ADVICE}`
      : missing(leaf);
  }
  if (taskId === null || ACTION_CLASSES[kind] === undefined)
    return missing(leaf) ?? different(leaf);
  const before = `A previous execution of this orchestration scheduled ${WORDS[leaf.kind]} with sequence number ${taskId} named '${leaf.name}', but the current orchestration replay instead`;
  return kind === leaf.kind
    ? `${before} scheduled ${WORDS[kind]} named '${name}' with this sequence number. ${ADVICE}`
    : `${before} produced a ${ACTION_CLASSES[kind]} action with this sequence number. ${ADVICE}`;
}

function isSameName(a: string, b: string): boolean {
  return a === b || a.toLowerCase() === b.toLowerCase();
}

function sent(kind: string, entity: string, taskId: number): string {
  return `A previous execution of this orchestration scheduled a send event task with sequence ID ${taskId}, type 'EventSent' name '${SENT_EVENTS[kind]}', instance ID '${entity}'`;
}

function different({ name }: Leaf): string {
  return `A previous execution of this orchestration waited for an event named '${name}', but the current orchestration replay instead did something else. ${ADVICE}`;
}
