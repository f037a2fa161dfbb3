import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startEventGrid } from "#emulators/event-grid/start-event-grid.ts";
import { ManualClock } from "#emulators/kit/clock.ts";
import type { Emulator } from "#emulators/kit/serve.ts";
import { startEndpoint } from "./endpoint.ts";
import { anEvent, items, post } from "./publisher.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

function subscribe(eventGrid: Emulator, subscription: unknown): Promise<Response> {
  return fetch(`${eventGrid.url}/_emulator/subscriptions`, {
    method: "POST",
    body: JSON.stringify(subscription),
  });
}

/** Attempts are recorded a moment after the answer; the next one shows that this one was. */
async function isPlanned(eventGrid: Emulator, attempts: number): Promise<void> {
  await expect
    .poll(async () => items(eventGrid, "deliveries"), { interval: 5 })
    .toMatchObject([{ attempts }]);
}

test("an event reaches every subscription that wants its type, with the CloudEvents envelope", async () => {
  await using all = await startEndpoint();
  await using some = await startEndpoint("eventgrid.azure.net");
  await using eventGrid = await startEventGrid();
  await subscribe(eventGrid, { id: "all", endpoint: all.url });
  await subscribe(eventGrid, { endpoint: some.url, includedEventTypes: ["Other"] });
  const other = { ...anEvent, id: "2", type: "Other" };

  await post(eventGrid, [anEvent]);
  await all.got(1);
  await post(eventGrid, [other]);
  await Promise.all([all.got(2), some.got(1)]);

  expect(all.received.map(({ body }) => body)).toEqual([anEvent, other]);
  expect(some.received.map(({ body }) => body)).toEqual([other]);
  expect(all.received[0]?.headers.get("aeg-event-type")).toBe("Notification");
  expect(all.received[0]?.headers.get("content-type")).toBe(
    "application/cloudevents+json; charset=utf-8",
  );
});

test("an event of before the subscription, or of another topic, is not for it", async () => {
  await using endpoint = await startEndpoint();
  await using eventGrid = await startEventGrid();
  await post(eventGrid, [anEvent]);
  await subscribe(eventGrid, { id: "elsewhere", topic: "elsewhere", endpoint: endpoint.url });
  await subscribe(eventGrid, { id: "here", endpoint: endpoint.url });
  await post(eventGrid, [{ ...anEvent, id: "2" }]);

  await endpoint.got(1);

  expect(endpoint.received).toMatchObject([{ body: { id: "2" } }]);
});

test("attempts follow the documented schedule until one is accepted", async () => {
  const clock = new ManualClock();
  await using endpoint = await startEndpoint();
  await using eventGrid = await startEventGrid({ clock });
  await subscribe(eventGrid, { endpoint: endpoint.url });
  endpoint.answers.push(500, 404, 301, 503);
  await post(eventGrid, [anEvent]);

  for (const [index, wait] of [10 * SECOND, 30 * SECOND, MINUTE, 5 * MINUTE].entries()) {
    await endpoint.got(index + 1);
    await isPlanned(eventGrid, index + 1);
    clock.advance(wait - 1);
    expect(endpoint.received).toHaveLength(index + 1);
    clock.advance(1);
  }
  await endpoint.got(5);

  await expect.poll(() => items(eventGrid, "deliveries")).toEqual([]);
  expect(await items(eventGrid, "dead-letters")).toEqual([]);
});

test.each([400, 401, 403, 413])("after %i there is no second attempt", async (status) => {
  await using endpoint = await startEndpoint();
  await using eventGrid = await startEventGrid({ clock: new ManualClock() });
  await subscribe(eventGrid, { id: "sub", endpoint: endpoint.url });
  endpoint.answers.push(status);

  await post(eventGrid, [anEvent]);

  await expect
    .poll(() => items(eventGrid, "dead-letters"))
    .toEqual([
      {
        subscription: "sub",
        event: anEvent,
        deadLetterReason: "UndeliverableDueToHttpStatus",
        deliveryAttempts: 1,
        lastDeliveryOutcome: `it answered ${status}`,
        publishTime: "2026-01-01T00:00:00.000Z",
        lastDeliveryAttemptTime: "2026-01-01T00:00:00.000Z",
      },
    ]);
});

test.each([
  { limit: { maxDeliveryAttempts: 1 }, reason: "MaxDeliveryAttemptsExceeded" },
  { limit: { eventTimeToLiveInMinutes: 1 }, reason: "TimeToLiveExceeded" },
])("an event is given up for $reason", async ({ limit, reason }) => {
  const clock = new ManualClock();
  await using endpoint = await startEndpoint();
  await using eventGrid = await startEventGrid({ clock });
  await subscribe(eventGrid, { endpoint: endpoint.url, ...limit });
  endpoint.answers.push(500, 500, 500, 500);
  await post(eventGrid, [anEvent]);

  await expect
    .poll(async () => {
      clock.advance(30 * SECOND);
      return items(eventGrid, "dead-letters");
    })
    .toMatchObject([{ deadLetterReason: reason }]);
});

test("what was on its way at a stop goes on after it, and a removed subscription's does not", async () => {
  const data = mkdtempSync(join(tmpdir(), "event-grid-"));
  const clock = new ManualClock();
  await using endpoint = await startEndpoint();
  endpoint.answers.push(500, 500);
  {
    await using eventGrid = await startEventGrid({ data, clock });
    await subscribe(eventGrid, { id: "kept", endpoint: endpoint.url });
    await subscribe(eventGrid, { id: "removed", endpoint: endpoint.url });
    await post(eventGrid, [anEvent]);
    await endpoint.got(2);
    await expect
      .poll(() => items(eventGrid, "deliveries"))
      .toMatchObject([{ attempts: 1 }, { attempts: 1 }]);
    const url = `${eventGrid.url}/_emulator/subscriptions/removed`;
    expect((await fetch(url, { method: "DELETE" })).status).toBe(204);
    expect((await fetch(url, { method: "DELETE" })).status).toBe(404);
  }
  clock.advance(10 * SECOND);

  await using eventGrid = await startEventGrid({ data, clock });
  await endpoint.got(3);

  expect(endpoint.received.at(-1)?.headers.get("aeg-subscription-name")).toBe("KEPT");
  await expect.poll(() => items(eventGrid, "deliveries")).toEqual([]);
});

test("an endpoint that has not answered after 30 s did not take the event", async () => {
  const clock = new ManualClock();
  await using endpoint = await startEndpoint();
  await using eventGrid = await startEventGrid({ clock });
  await subscribe(eventGrid, { endpoint: endpoint.url });
  endpoint.answers.push("never");
  await post(eventGrid, [anEvent]);
  await endpoint.got(1);

  clock.advance(30 * SECOND - 1);
  expect(await items(eventGrid, "deliveries")).toMatchObject([{ attempts: 0 }]);
  clock.advance(1);
  await isPlanned(eventGrid, 1);
  clock.advance(10 * SECOND);
  await endpoint.got(2);
});

test("one endpoint that hangs does not hold up another", async () => {
  await using endpoint = await startEndpoint();
  await using hanging = await startEndpoint();
  await using eventGrid = await startEventGrid();
  await subscribe(eventGrid, { id: "hanging", endpoint: hanging.url });
  await subscribe(eventGrid, { id: "well", endpoint: endpoint.url });
  hanging.answers.push("never", "never");

  await post(eventGrid, [anEvent]);
  await endpoint.got(1);
  await post(eventGrid, [anEvent]);

  await endpoint.got(2);
});

test.each([
  { allowed: null, says: "WebHook-Allowed-Origin missing" },
  { allowed: "other.example", says: "WebHook-Allowed-Origin other.example" },
])(
  "an endpoint that does not shake hands gets no subscription: $says",
  async ({ allowed, says }) => {
    await using endpoint = await startEndpoint(allowed);
    await using eventGrid = await startEventGrid();

    const response = await subscribe(eventGrid, { endpoint: endpoint.url });

    expect([response.status, await response.json()]).toMatchObject([
      400,
      { error: { message: expect.stringContaining(says) } },
    ]);
    expect(await items(eventGrid, "subscriptions")).toEqual([]);
  },
);

test.each([
  { body: null, says: "A subscription is a JSON object." },
  { body: {}, says: "endpoint is not an http URL on 127.0.0.1, localhost or [::1]." },
  { body: { endpoint: "http://example.com" }, says: "endpoint is not an http URL on" },
  { body: { endpoint: "http://127.0.0.1:1/", id: "a" }, says: "id is not 3 to 64 letters" },
  { body: { endpoint: "http://127.0.0.1:1/", topic: "" }, says: "topic is not a name." },
  {
    body: { endpoint: "http://127.0.0.1:1/", includedEventTypes: "T" },
    says: "includedEventTypes is not a list of strings.",
  },
  {
    body: { endpoint: "http://127.0.0.1:1/", maxDeliveryAttempts: 31 },
    says: "maxDeliveryAttempts is not a whole number from 1 to 30.",
  },
  {
    body: { endpoint: "http://127.0.0.1:1/", eventTimeToLiveInMinutes: 0 },
    says: "eventTimeToLiveInMinutes is not a whole number from 1 to 1440.",
  },
  { body: { endpoint: "http://127.0.0.1:1/" }, says: "did not answer OPTIONS" },
])("a subscription that cannot be is refused: $says", async ({ body, says }) => {
  await using eventGrid = await startEventGrid();

  const response = await subscribe(eventGrid, body);

  expect([response.status, await response.json()]).toMatchObject([
    400,
    { error: { message: expect.stringContaining(says) } },
  ]);
});
