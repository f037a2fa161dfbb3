import type { InvocationContext, StorageBlobHandler } from "@azure/functions";
import { type ErrorCode, inWords, PipelineError } from "#domain/errors.ts";
import { AppName } from "#domain/manifest/manifest.ts";
import type { Accepted } from "./accept-pipeline.ts";

export const startPipelineOnDataTrigger = {
  path: "test-data/{app}/data.jsonl",
  connection: "FLOWGATE_STORAGE",
  source: "EventGrid",
} as const;

type Accept = (
  context: InvocationContext,
  request: { app: string; blob: string },
) => Promise<Accepted>;

interface Clock {
  now(): Date;
  pause(ms: number): Promise<void>;
}

/** The host tries five times within a second and then gives up, so trouble is waited out in here. */
const PATIENCE_MS = 60_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 10_000;

/** Facts that no later try of the same event can change. */
const FINAL: ReadonlySet<ErrorCode> = new Set([
  "APP_UNKNOWN",
  "BUNDLE_INVALID",
  "BUNDLE_UNKNOWN",
  "DATA_UNKNOWN",
  "MANIFEST_INVALID",
  "REQUEST_INVALID",
]);

/** The content that the binding brings is ignored: version and bytes are read by the client. */
export function createStartPipelineOnData(accept: Accept, clock: Clock): StorageBlobHandler {
  return async (_content, context) => {
    const app = appOf(context);
    if (!AppName.safeParse(app).success) {
      context.warn(
        `A dataset was uploaded for ${app}, which cannot be the name of an app. Ignored.`,
      );
      return;
    }
    try {
      const { accepted, isNew } = await patiently(clock, () =>
        accept(context, { app, blob: `${app}/data.jsonl` }),
      );
      context.log(`${isNew ? "Started" : "Already known:"} ${accepted.id}`);
    } catch (error) {
      if (!isFinal(error)) throw error;
      context.warn(`The dataset of ${app} starts no pipeline. ${inWords(error)}`);
    }
  };
}

/** The host turns a path part that reads like JSON, such as a number, into a value; the whole path it leaves alone. */
function appOf({ triggerMetadata }: InvocationContext): string {
  const path = triggerMetadata?.["blobTrigger"];
  const fromPath = typeof path === "string" ? path.split("/").at(-2) : undefined;
  return fromPath ?? String(triggerMetadata?.["app"]);
}

function isFinal(error: unknown): error is PipelineError {
  return error instanceof PipelineError && FINAL.has(error.code);
}

async function patiently<Value>(clock: Clock, work: () => Promise<Value>): Promise<Value> {
  const deadline = clock.now().getTime() + PATIENCE_MS;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      return await work();
    } catch (error) {
      if (isFinal(error) || clock.now().getTime() + pauseMs > deadline) throw error;
    }
    await clock.pause(pauseMs);
  }
}
