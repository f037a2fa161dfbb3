import { readCompute, type Settled } from "#domain/steps.ts";
import { implement } from "#durable/activity.ts";

export interface ComputeReader {
  read(name: string): Promise<Settled>;
}

export function createReadCompute(computes: ComputeReader) {
  return implement(readCompute, ({ name }) => computes.read(name));
}
