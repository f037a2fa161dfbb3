import type { TokenCredential } from "@azure/core-auth";
import { AzureKeyCredential, EventGridPublisherClient } from "@azure/eventgrid";
import { PipelineError } from "#domain/errors.ts";
import type { PipelineEvent } from "#domain/events.ts";
import { callSdk } from "./sdk-calls.ts";

/** Telling must not hold up what is told: a topic that is silent for so long is tried again later, or given up. */
const TIMEOUT_MS = 5_000;
const TRIES = 2;
const LOOPBACK = /^(127\.0\.0\.1|localhost|\[::1\])$/;

export interface EventTopicOptions {
  /** `https://{topic}.{region}.eventgrid.azure.net/api/events`. */
  readonly endpoint: string;
  /** Only the emulator's; without it the app's identity signs. */
  readonly key?: string | undefined;
  readonly credential: TokenCredential;
  /** Of one try. */
  readonly timeoutMs?: number;
}

/** The topic that pipelines report to, whose input schema is CloudEvents 1.0. */
export function createEventTopic({
  endpoint,
  key,
  credential,
  timeoutMs = TIMEOUT_MS,
}: EventTopicOptions) {
  const { protocol, hostname } = new URL(endpoint);
  const insecure = protocol === "http:";
  if (insecure && !LOOPBACK.test(hostname)) {
    const message = `FLOWGATE_EVENT_GRID_ENDPOINT has to be https, or a loopback address: ${endpoint}`;
    throw new PipelineError("SETTINGS_INVALID", message);
  }
  const client = new EventGridPublisherClient(
    endpoint,
    "CloudEvent",
    key === undefined ? credential : new AzureKeyCredential(key),
    { allowInsecureConnection: insecure, retryOptions: { maxRetries: 0 } },
  );
  return {
    /** Repeats are harmless: consumers know an event by its id. */
    async publish(event: PipelineEvent): Promise<void> {
      const { specversion: _, sequence, time, ...attributes } = event;
      const sent = { ...attributes, time: new Date(time), extensionAttributes: { sequence } };
      const send = (options: { abortSignal: AbortSignal }) => client.send([sent], options);
      await callSdk(`POST event ${event.id}`, send, { timeoutMs, tries: TRIES });
    },
  };
}
