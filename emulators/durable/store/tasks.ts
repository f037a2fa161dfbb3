import type { HistoryEvent } from "#emulators/durable/events.ts";
import type { HttpRequest } from "#emulators/durable/http-request.ts";
import type { Database } from "./schema.ts";

export interface RetryOptions {
  readonly firstRetryIntervalInMilliseconds: number;
  readonly maxNumberOfAttempts: number;
  readonly backoffCoefficient?: number;
  readonly maxRetryIntervalInMilliseconds?: number;
  readonly retryTimeoutInMilliseconds?: number;
}

export interface Retry {
  readonly options: RetryOptions;
  /** From 1. */
  readonly attempt: number;
  /** When the first attempt was scheduled. */
  readonly firstAt: number;
}

/** One thing to run, perhaps several times. */
export interface Call {
  readonly kind: "activity" | "subOrchestration";
  readonly name: string;
  /** Activity: the text that the trigger gets. Sub-orchestration: JSON text. */
  readonly input: string | null;
  readonly instanceId?: string | undefined;
  readonly version?: string | undefined;
  readonly retry?: Retry | undefined;
}

export type RetriedCall = Call & { readonly retry: Retry };

export type RetryTimer = Extract<Task, { readonly kind: "retryTimer" }>;

export type Task = { readonly scheduledAt: number } & (
  | Call
  | { readonly kind: "timer" }
  | { readonly kind: "http"; readonly request: HttpRequest }
  | {
      readonly kind: "pollTimer";
      /** To be sent when the timer fires, under a number of its own. */
      readonly request: HttpRequest;
      readonly requestTaskId: number;
    }
  | {
      readonly kind: "retryTimer";
      readonly call: RetriedCall;
      /** How the attempt before ended. */
      readonly failure: HistoryEvent;
      /** That attempt ended after the retry timeout: nothing more runs. */
      readonly timedOut: boolean;
    }
);

export function describeTask(task: Task): string {
  if (task.kind === "http") return `callHttp ${task.request.uri}`;
  return "name" in task ? task.name : "a timer";
}

/** What has been scheduled and has not ended, by task id. */
export class Tasks {
  readonly #read;
  readonly #insert;
  readonly #delete;
  readonly #deleteAll;

  constructor({ sql }: Database) {
    this.#read = sql.prepare("SELECT task_id, task FROM tasks WHERE instance_id = ?");
    this.#insert = sql.prepare("INSERT INTO tasks VALUES (?, ?, ?)");
    this.#delete = sql.prepare("DELETE FROM tasks WHERE instance_id = ? AND task_id = ?");
    this.#deleteAll = sql.prepare("DELETE FROM tasks WHERE instance_id = ?");
  }

  read(instanceId: string): Map<number, Task> {
    const rows = this.#read.all(instanceId) as { task_id: number; task: string }[];
    return new Map(rows.map((row) => [row.task_id, JSON.parse(row.task) as Task]));
  }

  insert(instanceId: string, taskId: number, task: Task): void {
    this.#insert.run(instanceId, taskId, JSON.stringify(task));
  }

  remove(instanceId: string, taskId: number): void {
    this.#delete.run(instanceId, taskId);
  }

  clear(instanceId: string): void {
    this.#deleteAll.run(instanceId);
  }
}
