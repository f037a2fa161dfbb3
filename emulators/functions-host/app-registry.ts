import type { LogCategory, LogLevel } from "./log.ts";
import type { TypedData } from "./typed-data.ts";

export interface Binding {
  readonly type: string;
  readonly direction: "in" | "out";
  /** Whatever else the trigger or binding was given. */
  readonly [option: string]: unknown;
}

export interface FunctionMetadata {
  readonly name: string;
  readonly functionId?: string;
  readonly bindings: Readonly<Record<string, Binding>>;
  readonly retryOptions?: unknown;
}

export interface RegisteredFunction {
  readonly name: string;
  readonly trigger: { readonly name: string; readonly binding: Binding };
  readonly metadata: FunctionMetadata;
  /** The entry point that registered it, relative to the app's folder. */
  readonly scriptFile?: string | undefined;
  readonly callback: (...args: unknown[]) => unknown;
}

export interface InvocationModel {
  getArguments(): Promise<{ context: InvocationContext; inputs: unknown[] }>;
  invokeFunction(
    context: InvocationContext,
    inputs: unknown[],
    callback: (...args: unknown[]) => unknown,
  ): Promise<unknown>;
  getResponse(context: InvocationContext, result: unknown): Promise<InvocationResponse>;
}

export interface InvocationResponse {
  readonly returnValue?: TypedData | null;
  readonly outputData?: readonly { readonly name: string; readonly data: TypedData }[];
}

/** The SDK's own object; only what the host reads of it. */
export interface InvocationContext {
  readonly df?: { readonly taskOrchestratorExecutor?: { readonly actions?: readonly unknown[] } };
}

export interface ProgrammingModel {
  readonly name: string;
  readonly version: string;
  getInvocationModel(core: unknown): InvocationModel | Promise<InvocationModel>;
  getCapabilities?(
    defaults: Record<string, string>,
  ): Record<string, string> | Promise<Record<string, string>>;
}

export const HOOKS = [
  "appStart",
  "appTerminate",
  "preInvocation",
  "postInvocation",
  "log",
] as const;
export type HookName = (typeof HOOKS)[number];
type Hook = (context: Record<string, unknown>) => unknown;

export interface LogLine {
  readonly level: LogLevel;
  readonly category: LogCategory;
  readonly message: string;
  /** Absent for a line from outside of an invocation. */
  readonly invocationContext?: InvocationContext | undefined;
}

/** Everything that the app registers, until registration is closed. */
export class AppRegistry {
  readonly functions: RegisteredFunction[] = [];
  readonly appHookData: Record<string, unknown> = {};
  model: ProgrammingModel | undefined;
  /** The entry point that is being loaded. */
  scriptFile: string | undefined;
  /** Where an app that streams listens for its HTTP requests. */
  httpUri: string | undefined;
  readonly #hooks = new Map<HookName, { readonly callback: Hook }[]>();
  #closed = false;

  setProgrammingModel(model: ProgrammingModel): void {
    this.model = model;
  }

  registerFunction(metadata: FunctionMetadata, callback: RegisteredFunction["callback"]) {
    const { name, bindings } = metadata;
    const id = metadata.functionId ?? name;
    if (this.#closed) {
      throw new Error(
        `A function can only be registered during app startup; '${name}' comes too late.`,
      );
    }
    if (this.functions.some((known) => (known.metadata.functionId ?? known.name) === id)) {
      throw new Error(`A function with id '${id}' has already been registered.`);
    }
    const trigger = Object.entries(bindings).find(([, { type }]) => /trigger$/i.test(type));
    if (!trigger) throw new Error(`Function '${name}' has no trigger.`);
    const registered = {
      name,
      metadata,
      callback,
      scriptFile: this.scriptFile,
      trigger: { name: trigger[0], binding: trigger[1] },
    };
    this.functions.push(registered);
    return disposable(() => remove(this.functions, registered));
  }

  registerHook(name: string, callback: (context: never) => unknown) {
    if (!HOOKS.includes(name as HookName)) {
      const error = new RangeError(`Unrecognized hook "${name}".`);
      // The library looks for this mark to explain that a newer host is needed.
      throw Object.assign(error, { isAzureFunctionsSystemError: true });
    }
    const hooks = this.#hooks.get(name as HookName) ?? [];
    const hook = { callback: callback as Hook };
    hooks.push(hook);
    this.#hooks.set(name as HookName, hooks);
    return disposable(() => remove(hooks, hook));
  }

  close(): void {
    this.#closed = true;
  }

  /** Runs hooks one after the other over one context, which they may change. */
  async runHooks(name: HookName, context: Record<string, unknown>): Promise<void> {
    for (const { callback } of this.#hooks.get(name) ?? []) {
      await callback(context);
    }
  }

  /**
   * What is to be logged of a line once the log hooks have seen it; only the app's own lines can be changed. They run at
   * once, and what they throw is nobody's business.
   */
  hookedLog(line: LogLine): LogLine {
    const context = { ...line, hookData: {} };
    for (const { callback } of this.#hooks.get("log") ?? []) {
      try {
        callback(context);
      } catch {
        // As in the real worker: a broken log hook must not break what it logs.
      }
    }
    return line.category === "user" ? context : line;
  }
}

function remove<Item>(items: Item[], item: Item): void {
  const at = items.indexOf(item);
  if (at >= 0) items.splice(at, 1);
}

function disposable(dispose: () => void) {
  return { dispose };
}
