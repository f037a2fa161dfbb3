import type { LineResult } from "#emulators/azure-ml/engine/engine.ts";
import type { Clock } from "#emulators/kit/clock.ts";
import type { FlowFile, FlowNode } from "./flow-file.ts";
import type { LoadedNodes } from "./load-nodes.ts";

/** A flow read, checked and loaded, with all that running it takes. */
export interface FlowParts {
  readonly flow: FlowFile;
  /** Sorted. */
  readonly nodes: readonly FlowNode[];
  readonly loaded: LoadedNodes;
  readonly lineTimeoutMs: number;
  readonly clock: Clock;
  readonly log: (line: string) => void;
  readonly dispose: () => Promise<void>;
}

/** What a line leaves for the aggregation stage. */
export interface FinishedLine {
  readonly result: LineResult;
  /** `<aggregation node>.<input>` → the value on this line. */
  readonly collected: ReadonlyMap<string, unknown>;
}
