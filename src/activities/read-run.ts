import type { z } from "zod";
import { readRun } from "#domain/steps.ts";
import { implement } from "#durable/activity.ts";

export interface RunReader {
  read(run: string): Promise<z.infer<typeof readRun.output>>;
}

export function createReadRun(runs: RunReader) {
  return implement(readRun, async ({ run }) => {
    const { status, state, error } = await runs.read(run);
    return { status, state, error };
  });
}
