import { readRuntime, type Settled } from "#domain/steps.ts";
import { implement } from "#durable/activity.ts";

export interface RuntimeReader {
  read(name: string): Promise<Settled>;
}

export function createReadRuntime(runtimes: RuntimeReader) {
  return implement(readRuntime, ({ name }) => runtimes.read(name));
}
