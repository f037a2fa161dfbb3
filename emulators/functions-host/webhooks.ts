import { BlobClient } from "@azure/storage-blob";
import type { RegisteredFunction } from "./app-registry.ts";
import type { BlobTrigger } from "./blob-trigger.ts";
import type { Run, Trigger } from "./invocation.ts";
import { spreadMembers } from "./typed-data.ts";

type EventGridEvent = Readonly<Record<string, unknown>>;

/** Answers `/runtime/webhooks/blobs`: an event is kept before the 202. */
export async function answerBlobWebhook(request: Request, blobs: BlobTrigger): Promise<Response> {
  const name = functionName(request).replace(/^Host\.Functions\./i, "");
  if (!blobs.has(name)) return text(404, `There is no blob function '${name}'.`);
  return answerDelivery(request, (events) => {
    for (const event of events) {
      const { url, eTag } = (event.data ?? {}) as { url?: unknown; eTag?: unknown };
      if (typeof url !== "string")
        return text(400, "An event without data.url is no storage event.");
      // A deleted blob has no content to run with.
      if (typeFor(event) !== "Microsoft.Storage.BlobCreated") continue;
      const { containerName, name: blob } = new BlobClient(url);
      blobs.accept(name, containerName, blob, typeof eTag === "string" ? eTag : "");
    }
    return new Response(null, { status: 202 });
  });
}

/** Answers `/runtime/webhooks/eventgrid`: all events run at once, and one that fails makes the sender send them again. */
export async function answerEventGridWebhook(
  request: Request,
  functions: readonly RegisteredFunction[],
  run: Run,
): Promise<Response> {
  const name = functionName(request).toLowerCase();
  const target = functions.find(
    (registered) =>
      registered.trigger.binding.type === "eventGridTrigger" &&
      registered.name.toLowerCase() === name,
  );
  if (!target) return text(404, `There is no Event Grid function '${name}'.`);
  return answerDelivery(request, async (events) => {
    const runs = events.map((event) => run(target, eventInvocation(event)));
    const failure = (await Promise.all(runs)).find((outcome) => outcome.kind === "threw");
    return failure ? text(500, failure.message) : new Response(null, { status: 202 });
  });
}

/** How an Event Grid function is given one event. */
export function eventInvocation(event: EventGridEvent): Trigger {
  return {
    data: { string: JSON.stringify(event) },
    triggerMetadata: {
      ...spreadMembers(event),
      data: { json: JSON.stringify(event.data ?? null) },
    },
  };
}

async function answerDelivery(
  request: Request,
  deliver: (events: readonly EventGridEvent[]) => Response | Promise<Response>,
): Promise<Response> {
  if (request.method === "OPTIONS") return cloudEventsHandshake(request);
  if (request.method !== "POST") return new Response(null, { status: 404 });
  const kind = request.headers.get("aeg-event-type") ?? "";
  if (kind === "Unsubscribe") return new Response(null, { status: 202 });
  if (kind !== "SubscriptionValidation" && kind !== "Notification") {
    return text(
      400,
      "The header aeg-event-type must be SubscriptionValidation, Notification or Unsubscribe.",
    );
  }
  const events = parseEvents(await request.text());
  if (!events) return text(400, "The body must be a JSON array of events, or one event.");
  if (kind === "Notification") return deliver(events);
  const data = events[0]?.data as { validationCode?: unknown } | undefined;
  return Response.json({ validationResponse: data?.validationCode ?? null });
}

/** The abuse protection of CloudEvents webhooks: whoever asks is allowed. */
function cloudEventsHandshake(request: Request): Response {
  const origin = request.headers.get("webhook-request-origin");
  return origin
    ? new Response(null, {
        status: 200,
        headers: { "webhook-allowed-origin": origin, "webhook-allowed-rate": "*" },
      })
    : new Response(null, { status: 400 });
}

function parseEvents(body: string): readonly EventGridEvent[] | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    const events = Array.isArray(parsed) ? parsed : [parsed];
    return events.every((event) => typeof event === "object" && event !== null)
      ? events
      : undefined;
  } catch {
    // The sender gets a 400 that says so.
    return undefined;
  }
}

/** `eventType` in Event Grid's own schema, `type` in CloudEvents. */
function typeFor(event: EventGridEvent): unknown {
  return event.eventType ?? event.type;
}

function functionName(request: Request): string {
  return new URL(request.url).searchParams.get("functionName") ?? "";
}

function text(status: number, message: string): Response {
  return new Response(`${message}\n`, { status });
}
