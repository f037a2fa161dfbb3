import { type RunRequest, runRequest } from "#domain/run-request.ts";
import { submitRun } from "#domain/steps.ts";
import { implement } from "#durable/activity.ts";
import type { AppReader } from "./app-reader.ts";

export interface RunSubmitter {
  /** Leaves the run alone that is there under this name. */
  ensureSubmitted(request: RunRequest): Promise<void>;
}

export function createSubmitRun(apps: AppReader, runs: RunSubmitter) {
  return implement(submitRun, async (input) => {
    await runs.ensureSubmitted(runRequest(input, await apps.read(input.app, input.bundle)));
    return {};
  });
}
