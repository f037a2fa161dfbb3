import { keptLog, logTail } from "#domain/deployment/deployment-log.ts";
import { PipelineError } from "#domain/errors.ts";
import { keepDeploymentLogs } from "#domain/steps.ts";
import { implement } from "#durable/activity.ts";

const NAME = "deployment.log";
/** The first one tells of a model that could not be fetched, the second of a flow that could not start. */
const CONTAINERS = ["StorageInitializer", "InferenceServer"] as const;

export interface DeploymentLogs {
  readLog(
    place: { readonly endpoint: string; readonly deployment: string },
    container: (typeof CONTAINERS)[number],
  ): Promise<string>;
}

export interface LogWriter {
  /** Keeps a text beside the pipeline's results and answers the blob's name. */
  writeText(id: string, name: string, text: string): Promise<string>;
}

export function createKeepDeploymentLogs(deployments: DeploymentLogs, logs: LogWriter) {
  return implement(keepDeploymentLogs, async ({ id, quote, ...place }) => {
    const parts = [];
    for (const container of CONTAINERS) {
      const text = await deployments.readLog(place, container).catch(whyNot);
      parts.push({ container, text });
    }
    const log = keptLog(parts);
    const blob = await logs.writeText(id, NAME, log);
    return { blob, tail: quote ? logTail(log) : "" };
  });
}

/** A log only explains a failure; that there is none must not take its place. */
function whyNot(error: unknown): string {
  if (error instanceof PipelineError && !error.retryable) return `(${error.message})`;
  throw error;
}
