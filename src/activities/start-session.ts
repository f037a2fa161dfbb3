import { type FlowPlace, flowFolder, requirementsOf } from "#domain/flow-folder.ts";
import { startSession } from "#domain/steps.ts";
import { implement } from "#durable/activity.ts";
import type { AppReader } from "./app-reader.ts";

export interface SessionStarter {
  /** Answers where to poll; null when the session is there already. */
  start(session: {
    name: string;
    vmSize: string;
    requirements: readonly string[];
  }): Promise<string | null>;
}

/** Both runs share the session, so it has what both flows require. */
export function createStartSession(apps: AppReader, sessions: SessionStarter) {
  return implement(startSession, async ({ app, bundle, name, vmSize }) => {
    const { files, baseRun, evaluationRun } = await apps.read(app, bundle);
    const linesOf = (place: FlowPlace) => requirementsOf(flowFolder(files, place));
    const lines = [baseRun, evaluationRun].flatMap((spec) => linesOf({ ...spec, app }));
    const requirements = [...new Set(lines)];
    return { operation: await sessions.start({ name, vmSize, requirements }) };
  });
}
