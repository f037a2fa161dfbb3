import { randomUUID } from "node:crypto";
import { systemClock } from "#emulators/kit/clock.ts";
import type { AppRegistry, InvocationContext, RegisteredFunction } from "./app-registry.ts";
import type { Invocation, InvocationOutcome } from "./invocation.ts";
import type { HostLog, LogCategory, LogLevel } from "./log.ts";
import type { BoundData, StorageBindings } from "./storage-bindings.ts";

/** What every invocation of an app shares. */
export interface Worker {
  readonly registry: AppRegistry;
  readonly log: HostLog;
  readonly storage: StorageBindings;
  /** How long a function may run; undefined for as long as it likes. */
  readonly timeoutMs: number | undefined;
}

/** Runs one function the way the worker does: arguments, hooks, handler, hooks, answer. */
export async function invoke(
  worker: Worker,
  registered: RegisteredFunction,
  invocation: Invocation,
): Promise<InvocationOutcome> {
  const { registry, log, storage } = worker;
  const { name, metadata, callback } = registered;
  const started = performance.now();
  let context: InvocationContext | undefined;
  let state: string | undefined;
  try {
    const inputs = inputData(registered, invocation, await storage.read(registered, invocation));
    const core = {
      ...coreRequest(name, invocation, inputs),
      metadata: { name, bindings: metadata.bindings },
      log(level: LogLevel, category: LogCategory, message: string) {
        const said = { level, category, message, invocationContext: context };
        const line = registry.hookedLog(said);
        log.app(line.level, category, line.message, name);
      },
      get state() {
        return state;
      },
    };
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
      const handed = hookContext.inputs as unknown[];
      const running = model.invokeFunction(context, handed, handler);
      hookContext.result = await inTime(running, name, worker);
    } catch (error) {
      hookContext.error = error ?? new Error("Unknown error");
    }
    state = "postInvocationHooks";
    await registry.runHooks("postInvocation", hookContext);
    state = undefined;
    const { error, result } = hookContext;
    if (error !== null && error !== undefined) throw error;
    const response = invocation.resultOnly ? undefined : await model.getResponse(context, result);
    if (response) await storage.write(registered, invocation, response);
    log.ended(name, performance.now() - started);
    return { kind: "returned", result, returnValue: response?.returnValue };
  } catch (error) {
    const failure = describeError(error);
    log.ended(name, performance.now() - started, failure);
    return { kind: "threw", ...failure, context };
  }
}

/**
 * What runs too long is not stopped, as nothing can stop it here, but it has failed. Code runs in real time, however a
 * test turns the host's clock.
 */
async function inTime(
  running: Promise<unknown>,
  name: string,
  { timeoutMs }: Worker,
): Promise<unknown> {
  if (timeoutMs === undefined) return running;
  const ended = new AbortController();
  const end = systemClock.now() + timeoutMs;
  const tooLate = systemClock.until(end, ended.signal).then(() => {
    if (ended.signal.aborted) return;
    throw new Error(
      `${name} ran longer than the functionTimeout of host.json, ${timeoutMs / 1_000} s.`,
    );
  });
  try {
    return await Promise.race([running, tooLate]);
  } finally {
    ended.abort();
  }
}

function inputData(
  { metadata, trigger }: RegisteredFunction,
  { data, durableClient }: Invocation,
  read: readonly BoundData[],
): readonly BoundData[] {
  const clients = Object.entries(metadata.bindings).filter(
    ([, { type }]) => type === "durableClient",
  );
  return [
    { name: trigger.name, data },
    ...clients.map(([name]) => ({ name, data: { string: durableClient } })),
    ...read,
  ];
}

function coreRequest(
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
