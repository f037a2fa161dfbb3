import { describe, expect, test } from "vitest";
import { createPublishEvent } from "#activities/publish-event.ts";
import { createEventTopic } from "#azure/event-topic.ts";
import { pipelineEvent } from "#domain/events.ts";
import { Pipeline } from "#domain/pipeline.ts";
import { startEventGrid } from "#emulators/event-grid/start-event-grid.ts";
import { serve } from "#emulators/kit/serve.ts";
import { credential, startLiteral } from "./literal-server.ts";

const pipeline = Pipeline.parse({
  id: "qa-0123456789ab",
  app: "qa",
  bundle: `sha256:${"b".repeat(64)}`,
  data: null,
  trigger: "http",
  commit: null,
  status: "running",
  stage: "validating",
  verdict: null,
  runs: [],
  deployment: null,
  resources: [],
  steps: [],
  error: null,
  createdAt: "2026-01-01T00:00:00.000Z",
  updatedAt: "2026-01-01T00:00:00.000Z",
});
const event = pipelineEvent(pipeline, "Flowgate.PipelineStarted", 1, "2026-01-01T00:00:00.000Z");

const ON_THE_WIRE = {
  specversion: "1.0",
  id: "qa-0123456789ab-1",
  source: "/flowgate/qa",
  subject: "/apps/qa/pipelines/qa-0123456789ab",
  type: "Flowgate.PipelineStarted",
  time: "2026-01-01T00:00:00.000Z",
  datacontenttype: "application/json",
  dataschema: "urn:flowgate:event:Flowgate.PipelineStarted:1",
  sequence: "1",
  data: {
    id: "qa-0123456789ab",
    app: "qa",
    bundle: `sha256:${"b".repeat(64)}`,
    commit: null,
    status: "running",
    verdict: null,
    runs: [],
    deployment: null,
  },
};

const publish = (endpoint: string, key: string | undefined) =>
  createPublishEvent(createEventTopic({ endpoint, key, credential })).run({ event });

describe("an event", () => {
  test("goes over the wire as one CloudEvent with the key of the emulator", async () => {
    await using topic = await startLiteral(() => ({ status: 200 }));

    await publish(`${topic.url}/topics/flowgate/api/events`, "emulator");

    const [asked] = topic.asked;
    expect(asked?.body).toEqual([ON_THE_WIRE]);
    expect(asked?.headers.get("content-type")).toContain("application/cloudevents-batch+json");
    expect(asked?.headers.get("aeg-sas-key")).toBe("emulator");
  });

  test("is accepted by the emulated topic as it is", async () => {
    await using grid = await startEventGrid();

    await publish(`${grid.url}/topics/flowgate/api/events`, "emulator");

    const answer = await fetch(`${grid.url}/_emulator/events`);
    expect(await answer.json()).toMatchObject({ items: [ON_THE_WIRE] });
  });

  test("with a wrong key is refused, and says so", async () => {
    await using grid = await startEventGrid();

    await expect(publish(`${grid.url}/topics/flowgate/api/events`, "wrong")).rejects.toMatchObject({
      code: "AZURE_REFUSED",
      message: expect.stringContaining("POST event qa-0123456789ab-1"),
    });
  });

  test.each([429, 500, 503])("that meets a %i is tried again", async (status) => {
    await using topic = await startLiteral((_, count) => ({
      status: count === 1 ? status : 200,
      body: {},
    }));

    await publish(`${topic.url}/api/events`, "emulator");

    expect(topic.asked).toHaveLength(2);
  });

  test("that finds no topic in two tries is AZURE_BUSY", async () => {
    await using topic = await startLiteral(() => ({ status: 503, body: {} }));

    await expect(publish(`${topic.url}/api/events`, "emulator")).rejects.toMatchObject({
      code: "AZURE_BUSY",
    });
    expect(topic.asked).toHaveLength(2);
  });

  test("that gets no answer at all waits for it no longer than it is told", async () => {
    await using topic = await serve(() => new Promise<Response>(() => {}));
    const options = { endpoint: `${topic.url}/api/events`, key: "emulator", credential };

    await expect(
      createEventTopic({ ...options, timeoutMs: 50 }).publish(event),
    ).rejects.toMatchObject({ code: "AZURE_BUSY" });
  });

  test("is never sent without encryption to another machine", () => {
    const options = { endpoint: "http://topic.example/api/events", key: "k", credential };

    expect(() => createEventTopic(options)).toThrow(
      expect.objectContaining({ code: "SETTINGS_INVALID" }),
    );
  });
});
