/** What runs the app's code for the durable backend: the Functions host, or a test. */
export interface DurableWorker {
  /** Names as registered; matched without regard to case. */
  readonly orchestrators: readonly string[];
  readonly activities: readonly string[];
  readonly entities: readonly string[];
  /**
   * One turn. `payload` is the trigger's text, `members` what of it is short enough to be told beside it.
   * Rejects only when the turn must be tried again, as on shutdown.
   */
  runOrchestrator(
    name: string,
    instanceId: string,
    payload: string,
    members: TurnMembers,
  ): Promise<OrchestratorAnswer>;
  /** One batch. `payload` is the trigger's text. Resolves to what the function returned; rejects when it threw. */
  runEntity(name: string, entityId: string, payload: string): Promise<unknown>;
  /** `input` is the trigger's text, null for none. */
  runActivity(name: string, instanceId: string, input: string | null): Promise<ActivityAnswer>;
}

export interface TurnMembers extends Readonly<Record<string, string | number | boolean | null>> {
  readonly instanceId: string;
}

export type OrchestratorAnswer =
  | { readonly result: unknown }
  /** `actions` are what the SDK had recorded when it threw: their identity counts, so their text will not do. */
  | { readonly error: Failure; readonly actions: readonly unknown[] };

export type ActivityAnswer =
  | { readonly returnValue: ReturnValue | null | undefined }
  | { readonly error: Failure };

export interface Failure {
  readonly message: string;
  readonly stack: string;
}

/** The worker's typed data, as far as a return value can be one. */
export interface ReturnValue {
  readonly string?: string;
  readonly json?: string;
  readonly int?: number;
  readonly double?: number;
  readonly bytes?: Uint8Array;
}

export type LogLevel = "information" | "warning" | "error";

export type Log = (level: LogLevel, message: string) => void;
