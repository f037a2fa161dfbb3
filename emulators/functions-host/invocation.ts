import type { InvocationContext, RegisteredFunction } from "./app-registry.ts";
import type { TypedData } from "./typed-data.ts";

export interface Invocation {
  readonly data: TypedData | null;
  readonly triggerMetadata?: Readonly<Record<string, TypedData>>;
  /** Text of the durable client binding, for functions that have one. */
  readonly durableClient: string;
  /** A new one otherwise. */
  readonly invocationId?: string;
  /** The caller takes `result` as it is: no `returnValue` is made of it. */
  readonly resultOnly?: boolean;
  readonly retryContext?:
    | {
        readonly retryCount: number;
        readonly maxRetryCount: number;
        /** What the run before ended with. */
        readonly exception: {
          readonly source: string;
          readonly message: string;
          readonly stackTrace: string;
        };
      }
    | undefined;
}

/** What a trigger hands in; the host adds the rest. */
export interface Trigger extends Omit<Invocation, "durableClient"> {
  /** Id of the work that waits for it, where it is not the one that calls. */
  readonly within?: string | undefined;
}

export type Run = (registered: RegisteredFunction, trigger: Trigger) => Promise<InvocationOutcome>;

export type InvocationOutcome =
  | {
      readonly kind: "returned";
      /** What the function returned, after the hooks. */
      readonly result: unknown;
      readonly returnValue: TypedData | null | undefined;
    }
  | {
      readonly kind: "threw";
      readonly message: string;
      readonly stack: string;
      /** The library's context; absent when the failure came before it. */
      readonly context: InvocationContext | undefined;
    };
