import { readAnswer } from "#emulators/durable/orchestrator-state.ts";
import type { Failure } from "#emulators/durable/worker.ts";

export type LogLevel =
  | "trace"
  | "debug"
  | "information"
  | "warning"
  | "error"
  | "critical"
  | "none";

export type LogCategory = "user" | "system" | "customMetric";

const RANK: Readonly<Record<LogLevel, number>> = {
  trace: 0,
  debug: 1,
  information: 2,
  warning: 3,
  error: 4,
  critical: 5,
  none: 6,
};

const LABEL: Readonly<Record<LogLevel, string>> = {
  trace: "trace",
  debug: "debug",
  information: "info",
  warning: "WARN",
  error: "ERROR",
  critical: "CRITICAL",
  none: "",
};

export interface HostLog {
  /** The host's own lines. */
  host(level: LogLevel, message: string): void;
  /** What the app or its library logs. `source` is the function, if one is running. */
  app(level: LogLevel, category: LogCategory, message: string, source?: string): void;
  /** One line for each end of an invocation; a failure is followed by where it came from. */
  ended(name: string, ms: number, failure?: Failure): void;
}

/** Writes lines to `write`; neither inputs nor outputs are among what it is given. */
export function createLog(write: (line: string) => void, now: () => number): HostLog {
  const line = (level: LogLevel, message: string) => {
    if (RANK[level] < RANK.information || level === "none") return;
    const at = new Date(now()).toISOString().slice(11, 23);
    write(`${at} ${LABEL[level].padEnd(5)} ${message}\n`);
  };
  return {
    host: line,
    app(level, category, message, source) {
      // Metrics are telemetry: there is nobody here to send them to.
      if (category !== "customMetric") line(level, source ? `[${source}] ${message}` : message);
    },
    ended(name, ms, failure) {
      const took = `${ms.toFixed(0)} ms`;
      if (!failure) return line("information", `${name} Succeeded ${took}`);
      line("error", `${name} Failed ${took}: ${textOf(failure)}`);
    },
  };
}

/** An orchestrator's error is hidden in the state that the SDK makes of it, beside outputs that are nobody's business. */
function textOf(failure: Failure): string {
  const turn = readAnswer({ error: failure, actions: [] });
  return turn.kind === "state" ? (turn.state.error ?? "") : failure.stack || failure.message;
}
