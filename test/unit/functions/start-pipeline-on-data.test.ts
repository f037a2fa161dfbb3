import { InvocationContext } from "@azure/functions";
import { expect, test, vi } from "vitest";
import { type ErrorCode, PipelineError } from "#domain/errors.ts";
import { acceptPipeline } from "#functions/accept-pipeline.ts";
import { createStartPipelineOnData } from "#functions/start-pipeline-on-data.ts";
import { anAcceptance } from "#kit/acceptance.ts";

const event = (triggerMetadata: Record<string, unknown>) =>
  new InvocationContext({ triggerMetadata, logHandler: () => {} });

/** A clock that moves only when somebody waits. */
function aClock() {
  let now = 0;
  return {
    now: () => new Date(now),
    async pause(ms: number) {
      now += ms;
    },
    passed: () => now,
  };
}

test("the same event twice is one pipeline", async () => {
  const { acceptance, blobs, started } = anAcceptance();
  blobs.set("web/data.jsonl", '"0x1"');
  const handler = createStartPipelineOnData(
    (_, { app, blob }) =>
      acceptPipeline(acceptance, { app, bundle: "latest", data: blob, attempt: 1 }, "data"),
    aClock(),
  );
  const context = event({ blobTrigger: "test-data/web/data.jsonl", app: "web" });

  await handler(Buffer.from(""), context);
  await handler(Buffer.from(""), context);

  expect(started).toHaveLength(1);
});

test.each([
  [{ blobTrigger: "test-data/web/data.jsonl", app: "web" }, "web"],
  [{ app: "web" }, "web"],
  [{ blobTrigger: "test-data/true/data.jsonl", app: true }, "true"],
])("%j is data of the app %s", async (metadata, app) => {
  const accept = vi.fn(() => Promise.reject(new PipelineError("APP_UNKNOWN", "no")));

  await createStartPipelineOnData(accept, aClock())(null, event(metadata));

  expect(accept).toHaveBeenCalledWith(expect.anything(), { app, blob: `${app}/data.jsonl` });
});

test.each([
  { blobTrigger: "test-data/123/data.jsonl", app: 123 },
  { app: 123 },
  { blobTrigger: "test-data/My App/data.jsonl", app: "My App" },
])("%j can be no app's and is acknowledged", async (metadata) => {
  const accept = vi.fn();

  await createStartPipelineOnData(accept, aClock())(null, event(metadata));

  expect(accept).not.toHaveBeenCalled();
});

test.each<ErrorCode>(["APP_UNKNOWN", "DATA_UNKNOWN", "MANIFEST_INVALID"])(
  "%s is a fact: logged, acknowledged, not tried again",
  async (code) => {
    const accept = vi.fn(() => Promise.reject(new PipelineError(code, "no")));

    await createStartPipelineOnData(accept, aClock())(null, event({ app: "web" }));

    expect(accept).toHaveBeenCalledTimes(1);
  },
);

test("trouble that passes within a minute is waited out", async () => {
  const { acceptance, blobs } = anAcceptance();
  blobs.set("web/data.jsonl", '"0x1"');
  const accept = vi
    .fn((_: unknown, { app, blob }: { app: string; blob: string }) =>
      acceptPipeline(acceptance, { app, bundle: "latest", data: blob, attempt: 1 }, "data"),
    )
    .mockRejectedValueOnce(new PipelineError("AZURE_BUSY", "no"))
    .mockRejectedValueOnce(new Error("connection reset"));

  await createStartPipelineOnData(accept, aClock())(null, event({ app: "web" }));

  expect(accept).toHaveBeenCalledTimes(3);
});

test("trouble that lasts is thrown after a minute at most, for the host to try again", async () => {
  const clock = aClock();
  const accept = () => Promise.reject(new PipelineError("AZURE_BUSY", "no"));
  const handler = createStartPipelineOnData(accept, clock);

  await expect(handler(null, event({ app: "web" }))).rejects.toMatchObject({ code: "AZURE_BUSY" });
  expect(clock.passed()).toBeGreaterThan(45_000);
  expect(clock.passed()).toBeLessThanOrEqual(60_000);
});

test("a bundle with problems is told problem by problem in the log", async () => {
  const problems = [
    { file: "web/run.yml", line: 4, path: "data", message: "is not there" },
    { message: "and more" },
  ];
  const refused = new PipelineError("BUNDLE_INVALID", "It has 2 problems.", { problems });
  const logged: unknown[] = [];
  const context = new InvocationContext({
    triggerMetadata: { app: "web" },
    logHandler: (_level, ...words) => logged.push(...words),
  });

  await createStartPipelineOnData(() => Promise.reject(refused), aClock())(null, context);

  expect(logged).toEqual([
    "The dataset of web starts no pipeline. It has 2 problems.\n  web/run.yml:4 data: is not there\n  and more",
  ]);
});
