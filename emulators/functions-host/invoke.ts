import { randomUUID } from "node:crypto";
import type { AppRegistry, InvocationContext, RegisteredFunction } from "./app-registry.ts";
import type { HostLog, LogCategory, LogLevel } from "./log.ts";
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
  readonly retryContext?: { readonly retryCount: number; readonly maxRetryCount: number };
}

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

/** Runs one function the way the worker does: arguments, hooks, handler, hooks, answer. */
export async function invoke(
  registry: AppRegistry,
  log: HostLog,
  { name, metadata, callback, trigger }: RegisteredFunction,
  invocation: Invocation,
): Promise<InvocationOutcome> {
  const started = performance.now();
  let context: InvocationContext | undefined;
  let state: string | undefined;
  const core = {
    ...coreContext(
      registry,
      log,
      name,
      invocation,
      inputData(metadata.bindings, trigger.name, invocation),
    ),
    metadata: { name, bindings: metadata.bindings },
    get state() {
      return state;
    },
  };
  try {
    const model = await registry.model?.getInvocationModel(core);
    if (!model) throw new Error("The app set no programming model.");
    const args = await model.getArguments();
    context = args.context;
    const hookContext: Record<string, unknown> = {
      hookData: {},
      appHookData: registry.appHookData,
      invocationContext: context,
      functionCallback: callback,
      inputs: args.inputs,
    };
    state = "preInvocationHooks";
    await registry.runHooks("preInvocation", hookContext);
    state = "invocation";
    const handler = hookContext.functionCallback as typeof callback;
    try {
      const inputs = hookContext.inputs as unknown[];
      hookContext.result = await model.invokeFunction(context, inputs, handler);
    } catch (error) {
      hookContext.error = error ?? new Error("Unknown error");
    }
    state = "postInvocationHooks";
    await registry.runHooks("postInvocation", hookContext);
    state = undefined;
    const { error, result } = hookContext;
    if (error !== null && error !== undefined) throw error;
    const returnValue = invocation.resultOnly
      ? undefined
      : (await model.getResponse(context, result)).returnValue;
    log.ended(name, true, performance.now() - started);
    return { kind: "returned", result, returnValue };
  } catch (error) {
    log.ended(name, false, performance.now() - started);
    return { kind: "threw", ...describeError(error), context };
  }
}

function inputData(
  bindings: RegisteredFunction["metadata"]["bindings"],
  triggerName: string,
  { data, durableClient }: Invocation,
) {
  const clients = Object.entries(bindings).filter(([, { type }]) => type === "durableClient");
  return [
    { name: triggerName, data },
    ...clients.map(([clientName]) => ({ name: clientName, data: { string: durableClient } })),
  ];
}

function coreContext(
  registry: AppRegistry,
  log: HostLog,
  name: string,
  { triggerMetadata = {}, retryContext, invocationId = randomUUID() }: Invocation,
  inputs: readonly unknown[],
) {
  const traceId = randomUUID().replaceAll("-", "");
  return {
    invocationId,
    request: {
      invocationId,
      functionId: name,
      inputData: inputs,
      triggerMetadata,
      retryContext,
      traceContext: {
        traceParent: `00-${traceId}-${traceId.slice(0, 16)}-00`,
        traceState: "",
        attributes: {},
      },
    },
    log(level: LogLevel, category: LogCategory, message: string) {
      const entry = { level, message, category, hookData: {} };
      registry.runLogHooks(entry);
      const changed = category === "user" ? entry : { level, message };
      log.app(changed.level, category, changed.message, name);
    },
  };
}

/** As the worker makes an error of whatever was thrown. */
function describeError(error: unknown): {
  readonly message: string;
  readonly stack: string;
} {
  if (error instanceof Error || isErrorLike(error)) {
    return { message: error.message, stack: error.stack ?? "" };
  }
  if (typeof error === "string") return { message: error, stack: "" };
  const message = error === null || error === undefined ? "Unknown error" : JSON.stringify(error);
  return { message, stack: "" };
}

// An app's error may come from another realm.
function isErrorLike(error: unknown): error is Error {
  return typeof error === "object" && error !== null && "stack" in error && "message" in error;
}
