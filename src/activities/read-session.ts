import { readSession, type Settled } from "#domain/steps.ts";
import { implement } from "#durable/activity.ts";

export interface SessionReader {
  read(name: string, operation: string | null): Promise<Settled>;
}

export function createReadSession(sessions: SessionReader) {
  return implement(readSession, ({ name, operation }) => sessions.read(name, operation));
}
