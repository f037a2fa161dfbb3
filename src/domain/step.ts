import type { z } from "zod";

/** One activity as an orchestrator sees it: a name the host knows, and the shapes that cross the wire. */
export interface Step<Input, Output> {
  /** Written to durable history: renaming one strands what is in flight. */
  readonly name: string;
  readonly input: z.ZodType<Input>;
  readonly output: z.ZodType<Output>;
}

export function defineStep<Input, Output>(step: Step<Input, Output>): Step<Input, Output> {
  return step;
}

/** Tells the steps among everything that a module exports. */
export function isStep(exported: unknown): exported is Step<unknown, unknown> {
  return (
    typeof exported === "object" &&
    exported !== null &&
    ["name", "input", "output"].every((key) => key in exported)
  );
}
