import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AzureKeyCredential, EventGridPublisherClient } from "@azure/eventgrid";
import { expect, test } from "vitest";
import { startEventGrid } from "#emulators/event-grid/start-event-grid.ts";
import { serve } from "#emulators/kit/serve.ts";
import { anEvent, items, post } from "./publisher.ts";

test("the SDK's publisher is understood", async () => {
  await using eventGrid = await startEventGrid();
  const endpoint = `${eventGrid.url}/topics/flowgate/api/events`;
  const credential = new AzureKeyCredential("emulator");
  const publisher = new EventGridPublisherClient(endpoint, "CloudEvent", credential, {
    allowInsecureConnection: true,
  });

  await publisher.send([
    {
      id: "1",
      source: "/a",
      type: "T",
      time: new Date("2026-01-01T00:00:00Z"),
      extensionAttributes: { sequence: "1" },
      data: { x: 1 },
    },
  ]);

  expect(await items(eventGrid, "events")).toEqual([
    {
      id: "1",
      source: "/a",
      type: "T",
      time: "2026-01-01T00:00:00.000Z",
      sequence: "1",
      specversion: "1.0",
      datacontenttype: "application/json",
      data: { x: 1 },
    },
  ]);
});

test("events are kept as they came, in order of receipt, repeats too, across a restart", async () => {
  const data = mkdtempSync(join(tmpdir(), "event-grid-"));
  const second = { ...anEvent, id: "web-7f3a-2" };
  {
    await using eventGrid = await startEventGrid({ data });
    expect((await post(eventGrid, [second, anEvent])).status).toBe(200);
    expect((await post(eventGrid, [anEvent])).status).toBe(200);
  }

  await using eventGrid = await startEventGrid({ data });

  expect(await items(eventGrid, "events")).toEqual([second, anEvent, anEvent]);
});

test("one event goes without a list", async () => {
  await using eventGrid = await startEventGrid();

  const response = await post(eventGrid, anEvent, { contentType: "application/cloudevents+json" });

  expect([response.status, await response.text()]).toEqual([200, ""]);
  expect(await items(eventGrid, "events")).toEqual([anEvent]);
});

test.each([
  { key: null, message: /^Request must contain one of the following authorization signature/ },
  { key: "emulatos", message: /^The request authorization key is not authorized for 127/ },
  { key: "", message: /^The request authorization key is not authorized for 127/ },
])("the key $key is refused", async ({ key, message }) => {
  await using eventGrid = await startEventGrid();

  const response = await post(eventGrid, [anEvent], { key });

  expect([response.status, await response.json()]).toEqual([
    401,
    {
      error: {
        code: "Unauthorized",
        message: expect.stringMatching(message),
        details: [{ code: "Unauthorized", message: expect.stringMatching(message) }],
      },
    },
  ]);
  expect(await items(eventGrid, "events")).toEqual([]);
});

test.each([
  { body: "[", says: "The body is not JSON." },
  { body: anEvent, says: "the body is an array." },
  { body: [3], says: "Event 0: The event is not a JSON object." },
  { body: [{ ...anEvent, id: "" }], says: "The required attribute 'id' is missing" },
  { body: [{ ...anEvent, source: undefined }], says: "The required attribute 'source' is missing" },
  { body: [{ ...anEvent, type: 7 }], says: "The required attribute 'type' is missing" },
  { body: [{ ...anEvent, specversion: "0.3" }], says: "'specversion' is not '1.0'" },
  { body: [{ ...anEvent, subject: 5 }], says: "'subject' is not a non-empty string" },
  { body: [{ ...anEvent, time: "yesterday" }], says: "'time' is not an RFC 3339 timestamp" },
  { body: [{ ...anEvent, time: "2026-13-01T00:00:00Z" }], says: "'time' is not an RFC 3339" },
  { body: [{ ...anEvent, dataschema: "here" }], says: "'dataschema' is not an absolute URI" },
  { body: [{ ...anEvent, data_base64: "AA==" }], says: "either 'data' or 'data_base64'" },
  { body: [{ ...anEvent, Sequence: "1" }], says: "'Sequence' has to be 1 to 20 lower-case" },
  {
    body: [{ ...anEvent, more: { a: 1 } }],
    says: "'more' is not a string, an integer or a boolean",
  },
  { body: [anEvent, { ...anEvent, id: 1 }], says: "Event 1: " },
  { body: Array(5_001).fill({}), says: "A request holds at most 5000 events." },
])("what is no CloudEvent is refused, and nothing of its request kept: $says", async (wrong) => {
  await using eventGrid = await startEventGrid();

  const response = await post(eventGrid, wrong.body);

  expect([response.status, await response.json()]).toMatchObject([
    400,
    { error: { code: "BadRequest", message: expect.stringContaining(wrong.says) } },
  ]);
  expect(await items(eventGrid, "events")).toEqual([]);
});

test.each([
  { name: "the wrong content type", posting: { contentType: "application/json" }, status: 400 },
  { name: "no api-version", posting: { query: "" }, status: 400 },
])("$name is refused", async ({ posting, status }) => {
  await using eventGrid = await startEventGrid();

  expect((await post(eventGrid, [anEvent], posting)).status).toBe(status);
});

test("a request holds 1 MiB and no byte more", async () => {
  await using eventGrid = await startEventGrid();
  const bare = JSON.stringify([{ ...anEvent, data: "" }]);
  const filled = (size: number) =>
    JSON.stringify([{ ...anEvent, data: "x".repeat(size - bare.length) }]);

  expect((await post(eventGrid, filled(1_048_576))).status).toBe(200);
  const over = await post(eventGrid, filled(1_048_577));

  expect([over.status, await over.json()]).toMatchObject([
    413,
    { error: { code: "PayloadTooLarge" } },
  ]);
});

test("there is nothing else on the topic", async () => {
  await using eventGrid = await startEventGrid();

  expect((await fetch(`${eventGrid.url}/topics/flowgate`)).status).toBe(404);
});

test("a taken port is named, and nothing is left open", async () => {
  await using taken = await serve(() => new Response());

  await expect(startEventGrid({ port: taken.port })).rejects.toThrow(
    `Port ${taken.port} on 127.0.0.1 is taken.`,
  );
});
