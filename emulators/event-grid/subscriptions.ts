import { randomUUID } from "node:crypto";
import type { Hono } from "hono";
import { type Clock, withDeadline } from "#emulators/kit/clock.ts";
import type { CloudEvent } from "./cloud-events.ts";
import type { EventGridStore, Subscription } from "./store.ts";

const HANDSHAKE_MS = 30_000;
const ORIGIN = "eventgrid.azure.net";
const DEFAULTS: Partial<Record<keyof Subscription, unknown>> = {
  topic: "flowgate",
  includedEventTypes: [],
  maxDeliveryAttempts: 30,
  eventTimeToLiveInMinutes: 1_440,
};
const RULES: readonly {
  readonly name: keyof Subscription;
  readonly what: string;
  readonly holds: (value: unknown) => boolean;
}[] = [
  {
    name: "id",
    what: "3 to 64 letters, digits or hyphens",
    holds: (id) => typeof id === "string" && /^[A-Za-z0-9-]{3,64}$/.test(id),
  },
  { name: "topic", what: "a name", holds: (topic) => typeof topic === "string" && topic !== "" },
  {
    name: "endpoint",
    what: "an http URL on 127.0.0.1, localhost or [::1]",
    holds: isLoopbackUrl,
  },
  {
    name: "includedEventTypes",
    what: "a list of strings",
    holds: (types) => Array.isArray(types) && types.every((type) => typeof type === "string"),
  },
  {
    name: "maxDeliveryAttempts",
    what: "a whole number from 1 to 30",
    holds: (attempts) => isWithin(attempts, 30),
  },
  {
    name: "eventTimeToLiveInMinutes",
    what: "a whole number from 1 to 1440",
    holds: (minutes) => isWithin(minutes, 1_440),
  },
];

/** Routes of the back door: events, subscriptions, what is on its way and dead letters. */
export function subscriptionRoutes(
  routes: Hono,
  parts: { store: EventGridStore; clock: Clock },
): void {
  const { store, clock } = parts;
  routes.get("/_emulator/events", (c) => c.json({ items: store.events() }));
  routes.get("/_emulator/dead-letters", (c) => c.json({ items: store.deadLetters() }));
  routes.get("/_emulator/deliveries", (c) => c.json({ items: store.deliveries() }));
  routes.get("/_emulator/subscriptions", (c) => c.json({ items: store.subscriptions() }));
  routes.post("/_emulator/subscriptions", async (c) => {
    const wanted = readSubscription(await c.req.json().catch(() => undefined));
    if (typeof wanted === "string") return c.json(refusal("BadSubscription", wanted), 400);
    const problem = await withDeadline(clock, HANDSHAKE_MS, (late) =>
      shakeHands(wanted.endpoint, late),
    );
    if (problem) return c.json(refusal("Endpoint validation", problem), 400);
    store.putSubscription(wanted);
    return c.json(wanted, 201);
  });
  routes.delete("/_emulator/subscriptions/:id", (c) => {
    const removed = store.transaction(() => store.removeSubscription(c.req.param("id")));
    return removed ? c.body(null, 204) : c.json(refusal("NotFound", "No such subscription."), 404);
  });
}

/** Stores one delivery for every subscription that wants the event. */
export function enqueueFor(
  store: EventGridStore,
  topic: string,
  event: CloudEvent,
  now: number,
): void {
  for (const { id, topic: wanted, endpoint, includedEventTypes } of store.subscriptions()) {
    if (wanted !== topic) continue;
    if (includedEventTypes.length > 0 && !includedEventTypes.includes(event.type)) continue;
    store.addDelivery({
      subscription: id,
      endpoint,
      headers: {
        "aeg-event-type": "Notification",
        "aeg-subscription-name": id.toUpperCase(),
        "content-type": "application/cloudevents+json; charset=utf-8",
      },
      body: JSON.stringify(event),
      firstAt: now,
    });
  }
}

/** A sentence when it cannot be one. */
function readSubscription(body: unknown): Subscription | string {
  if (typeof body !== "object" || body === null) return "A subscription is a JSON object.";
  const wanted = { ...DEFAULTS, id: randomUUID(), ...body };
  const wrong = RULES.find(({ name, holds }) => !holds(wanted[name]));
  return wrong ? `${wrong.name} is not ${wrong.what}.` : pick(wanted);
}

/** What else was given is dropped. */
function pick(wanted: Readonly<Record<string, unknown>>): Subscription {
  return Object.fromEntries(
    RULES.map(({ name }) => [name, wanted[name]]),
  ) as unknown as Subscription;
}

/** The CloudEvents handshake: the endpoint has to say that it wants events from this origin. */
async function shakeHands(endpoint: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    const response = await fetch(endpoint, {
      method: "OPTIONS",
      headers: { "webhook-request-origin": ORIGIN },
      redirect: "manual",
      signal,
    });
    await response.body?.cancel();
    const allowed = response.headers.get("webhook-allowed-origin");
    if (response.ok && (allowed === "*" || allowed === ORIGIN)) return undefined;
    return `${endpoint} answered ${response.status} to OPTIONS, WebHook-Allowed-Origin ${allowed ?? "missing"}; ${ORIGIN} or * is needed.`;
  } catch (error) {
    return `${endpoint} did not answer OPTIONS: ${error instanceof Error ? error.message : error}.`;
  }
}

/** Nothing here ever calls another machine. */
function isLoopbackUrl(text: unknown): boolean {
  if (typeof text !== "string") return false;
  const url = URL.parse(text);
  return url?.protocol === "http:" && ["127.0.0.1", "localhost", "[::1]"].includes(url.hostname);
}

function isWithin(value: unknown, most: number): boolean {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= most;
}

function refusal(code: string, message: string) {
  return { error: { code, message } };
}
