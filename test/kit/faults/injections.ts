import type { Call, Part } from "./fault-calls.ts";
import type { FaultKind } from "./fault-kinds.ts";

/** One fault at one place of a pipeline. */
export interface Injection {
  /** What goes wrong, and how long. */
  readonly kind: string;
  readonly part: Part;
  /** The call or the thing that is broken, in words. */
  readonly where: string;
  /** Body of `POST /_emulator/faults`. */
  readonly fault: Readonly<Record<string, unknown>>;
  /** Whether it is got over as if nothing had been. */
  readonly passes: boolean;
  /** What the error of a pipeline says that could not get over it. */
  readonly says: RegExp;
  /** The error that a pipeline has to end with; left out where it may get over it. */
  readonly code?: string;
}

/** A fault of a call, once so many were spared. */
export function injectionAt(call: Call, kind: FaultKind, skip: number): Injection {
  const { part, name, method, path } = call;
  return {
    kind: kind.name,
    part,
    where: `${name}${skip === 0 ? "" : ` from ${skip + 1} on`}`,
    fault: { method, path, skip, times: kind.times, do: kind.does },
    passes: kind.passes,
    says: kind.says,
  };
}

/** The fault at each call that it is a fault of: at its first time and, where there are several, from its last on. */
export function injectionsOf(calls: readonly Call[], kind: FaultKind): readonly Injection[][] {
  const fitting = calls.filter((call) => kind.appliesTo(call));
  const repeated = fitting.filter(({ count }) => count > 1);
  return [
    fitting.map((call) => injectionAt(call, kind, 0)),
    repeated.map((call) => injectionAt(call, kind, call.count - 1)),
  ];
}
