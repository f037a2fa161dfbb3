import type { LineResult, Row } from "#emulators/azure-ml/engine/engine.ts";
import type { Clock } from "#emulators/kit/clock.ts";
import type { FlowFile } from "./flow-file.ts";
import type { FlowNode } from "./flow-node.ts";
import type { LoadedNodes } from "./load-nodes.ts";

/** The one node that is a whole flow: what it returns is the flow's outputs. */
export interface Entry {
  readonly kind: "flex" | "prompty";
  readonly node: string;
  /** Whether its class has `__aggregate__`. */
  readonly aggregates: boolean;
  /** The inputs of a call that brings none. */
  readonly sample: Row;
}

/** A flow read, checked and loaded. */
export interface FlowDefinition {
  readonly flow: FlowFile;
  /** Sorted. */
  readonly nodes: readonly FlowNode[];
  readonly loaded: LoadedNodes;
  /** Undefined for a DAG. */
  readonly entry: Entry | undefined;
}

/** A flow with all that running it takes. */
export interface FlowParts extends FlowDefinition {
  readonly folder: string;
  /** Lines in flight, whatever they wait for. */
  readonly linesAtOnce: number;
  readonly lineTimeoutMs: number;
  /** Of all lines and the aggregation together. */
  readonly batchTimeoutMs: number | undefined;
  /** The only outputs that a served request gets; undefined is all. */
  readonly includedFields: readonly string[] | undefined;
  readonly clock: Clock;
  readonly log: (line: string) => void;
  readonly dispose: () => Promise<void>;
}

/** What a line leaves for the aggregation stage. */
export interface FinishedLine {
  readonly result: LineResult;
  /** `<aggregation node>.<input>` → the value on this line; of a flex flow that aggregates, its node → what it returned. */
  readonly collected: ReadonlyMap<string, unknown>;
}
