/** How a turn ends an execution. */
export type Outcome =
  | { readonly kind: "continuedAsNew"; readonly input: string | null }
  | {
      readonly kind: "ended";
      readonly status: "Completed" | "Failed" | "Terminated";
      /** What the status shows: JSON text, or plain text. */
      readonly output: string | null;
      /** Fields of ExecutionCompleted. */
      readonly completed: Readonly<Record<string, unknown>>;
      readonly failureDetails?: unknown;
      readonly stackTrace?: string;
      /** Ends even while something that it scheduled is open. */
      readonly atOnce: boolean;
    };

export type Ended = Extract<Outcome, { kind: "ended" }>;

/** `output` is JSON text. */
export function completed(output: string | null): Outcome {
  const completedFields = { OrchestrationStatus: 1, Result: output, FailureDetails: null };
  return { kind: "ended", status: "Completed", output, completed: completedFields, atOnce: false };
}

export interface FailureOptions {
  readonly atOnce?: boolean;
  /** The message is DurableTask's own, without the function's name. */
  readonly bare?: boolean;
  readonly details?: unknown;
}

/** What the code threw, or what DurableTask found wrong. */
export function failed(name: string, message: string, options: FailureOptions): Outcome {
  const { atOnce = false, bare = false, details = null } = options;
  const full = bare ? message : `Orchestrator function '${name}' failed: ${message}`;
  const completedFields = { OrchestrationStatus: 3, Result: full, FailureDetails: details };
  return {
    kind: "ended",
    status: "Failed",
    output: details ? message : full,
    completed: completedFields,
    failureDetails: details,
    stackTrace: message,
    atOnce,
  };
}
