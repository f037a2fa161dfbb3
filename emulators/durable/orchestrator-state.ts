import type { Action } from "./actions.ts";
import type { OrchestratorAnswer } from "./worker.ts";

/** What a turn of the orchestrator's code came to. */
export type TurnResult =
  | { readonly kind: "state"; readonly state: OrchestratorState }
  /** The worker failed without saying how far the code had come. */
  | { readonly kind: "unreadable"; readonly message: string };

export interface OrchestratorState {
  readonly isDone: boolean;
  readonly actions: readonly Action[];
  /** JSON text. */
  readonly output: string | null;
  /** JSON text. */
  readonly customStatus: string | null;
  /** Set when the code threw; empty when what it threw had no message. */
  readonly error?: string;
  readonly failureDetails?: unknown;
}

const MARKER = "\n\n$OutOfProcData$:";

/** Reads the SDK's answer: a state, or an error whose message has the state behind a marker. */
export function readAnswer(answer: OrchestratorAnswer): TurnResult {
  if ("result" in answer) {
    const { result } = answer;
    if (!isState(result)) {
      const message =
        "The orchestrator returned no orchestration state. Register it with df.app.orchestration.";
      return { kind: "unreadable", message };
    }
    return { kind: "state", state: stateOf(result, result.actions?.[0] ?? []) };
  }
  const { message } = answer.error;
  const at = message.indexOf(MARKER);
  if (at < 0) return { kind: "unreadable", message };
  const raw: unknown = JSON.parse(message.slice(at + MARKER.length));
  if (!isState(raw)) return { kind: "unreadable", message };
  const state = stateOf(raw, answer.actions as readonly Action[]);
  return { kind: "state", state: { ...state, error: raw.error ?? "" } };
}

interface RawState {
  readonly isDone: boolean;
  readonly actions?: readonly (readonly Action[])[];
  readonly output?: unknown;
  readonly customStatus?: unknown;
  readonly error?: string;
  readonly failureDetails?: unknown;
}

function isState(value: unknown): value is RawState {
  return typeof value === "object" && value !== null && "isDone" in value;
}

function stateOf(raw: RawState, actions: readonly Action[]): OrchestratorState {
  return {
    isDone: raw.isDone === true,
    actions,
    output: textOf(raw.output),
    customStatus: textOf(raw.customStatus),
    failureDetails: raw.failureDetails,
  };
}

/** JSON text of a value, null for what JSON leaves out. */
export function textOf(value: unknown): string | null {
  return JSON.stringify(value) ?? null;
}
