import { afterAll, beforeAll, expect, test } from "vitest";
import { FlowError } from "#emulators/azure-ml/engine/engine.ts";
import { type Azurite, startAzurite } from "./azurite.ts";
import { createEchoEngine } from "./echo-engine.ts";
import { aSubmit, endedRun, type Stand, startStand, uploadSources } from "./stand.ts";

let azurite: Azurite;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite[Symbol.asyncDispose]());

async function statusOf(stand: Stand, runId: string): Promise<string> {
  const { body } = await stand.history("POST", "/rundata", { runId });
  return body.runMetadata.status;
}

async function until(stand: Stand, runId: string, status: string): Promise<void> {
  for (let attempt = 0; attempt < 5000; attempt += 1) {
    if ((await statusOf(stand, runId)) === status) return;
  }
  throw new Error(`Run ${runId} did not become ${status}.`);
}

async function inventory(stand: Stand, kind: string): Promise<string[]> {
  const { body } = await stand.call("GET", "/_emulator/inventory");
  const items: { kind: string; state: string }[] = body.items;
  return items.filter((item) => item.kind === kind).map(({ state }) => state);
}

async function untilSession(stand: Stand, state: string): Promise<void> {
  for (let attempt = 0; attempt < 5000; attempt += 1) {
    if ((await inventory(stand, "session")).includes(state)) return;
  }
  throw new Error(`No session became ${state}.`);
}

test("a run is NotStarted until its automatic session is up, then Preparing, then over; the session goes with it", async () => {
  await using stand = await startStand(azurite, { latency: "demo" });
  await uploadSources(stand);

  await stand.flow("POST", "/BulkRuns/submit", aSubmit("steps", { sessionId: "a".repeat(48) }));
  expect(await statusOf(stand, "steps")).toBe("NotStarted");
  expect(await inventory(stand, "session")).toEqual(["Starting"]);
  stand.clock.advance(1500);
  await until(stand, "steps", "Preparing");
  stand.clock.advance(500);

  expect(await endedRun(stand, "steps")).toMatchObject({
    status: "Completed",
    createdUtc: "2026-01-01T00:00:00.0000000+00:00",
    startTimeUtc: "2026-01-01T00:00:02.0000000+00:00",
    statusRevision: 3,
  });
  expect(await inventory(stand, "session")).toEqual([]);
});

test("a run whose session cannot be set up fails with the orchestrator's error", async () => {
  await using stand = await startStand(azurite);
  await uploadSources(stand);
  await stand.fault({ on: "session", outcome: "failed", message: "pip failed." });

  await stand.flow("POST", "/BulkRuns/submit", aSubmit("unlucky"));

  expect(await endedRun(stand, "unlucky")).toMatchObject({
    status: "Failed",
    error: {
      componentName: "PromptFlowOrchestrator",
      time: "0001-01-01T00:00:00+00:00",
      error: {
        message: "pip failed. Please check promptflow-automatic.log for more details.",
        referenceCode: "SubmitFailedInPfo",
        innerError: {
          code: "BadArgument",
          innerError: { code: "ArgumentInvalid", innerError: { code: "AutomaticRuntimeFailed" } },
        },
      },
    },
  });
});

test("a run is NotStarted and its session Provisioning while the flow's packages are installed", async () => {
  const installed = Promise.withResolvers<void>();
  const engine = { ...createEchoEngine(), prepare: () => installed.promise };
  await using stand = await startStand(azurite, { engine });
  await uploadSources(stand);
  await stand.flow("POST", "/BulkRuns/submit", aSubmit("installing"));
  await untilSession(stand, "Provisioning");
  expect(await statusOf(stand, "installing")).toBe("NotStarted");

  installed.resolve();

  expect((await endedRun(stand, "installing")).status).toBe("Completed");
  expect(await inventory(stand, "session")).toEqual([]);
});

test("a run whose packages cannot be installed fails with the orchestrator's error", async () => {
  const message = "pip cannot install 'foo==9' (requirements.txt:1): it is not there.";
  const failure = new FlowError({ message, messageFormat: "", code: "UserError", innerCodes: [] });
  const engine = { ...createEchoEngine(), prepare: () => Promise.reject(failure) };
  await using stand = await startStand(azurite, { engine });
  await uploadSources(stand);

  await stand.flow("POST", "/BulkRuns/submit", aSubmit("unresolved"));

  expect(await endedRun(stand, "unresolved")).toMatchObject({
    status: "Failed",
    startTimeUtc: null,
    error: {
      componentName: "PromptFlowOrchestrator",
      error: {
        message: `${message} Please check promptflow-automatic.log for more details.`,
        innerError: { innerError: { innerError: { code: "AutomaticRuntimeFailed" } } },
      },
    },
  });
});

test("a run that is canceled while packages are installed does not wait for them", async () => {
  const engine = { ...createEchoEngine(), prepare: () => new Promise<void>(() => {}) };
  await using stand = await startStand(azurite, { engine });
  await uploadSources(stand);
  await stand.flow("POST", "/BulkRuns/submit", aSubmit("impatient"));
  await untilSession(stand, "Provisioning");

  await stand.flow("POST", "/BulkRuns/impatient/cancel");

  expect((await endedRun(stand, "impatient")).status).toBe("Canceled");
});

test("a run that is canceled while it waits for its session ends Canceled", async () => {
  await using stand = await startStand(azurite, { latency: "real" });
  await uploadSources(stand);
  await stand.flow("POST", "/BulkRuns/submit", aSubmit("waiting"));

  await stand.flow("POST", "/BulkRuns/waiting/cancel");

  expect(await endedRun(stand, "waiting")).toMatchObject({ status: "Canceled", outputs: null });
  expect(await inventory(stand, "session")).toEqual([]);
});

test("a run in the middle of its lines is CancelRequested until the engine lets go", async () => {
  const engine = createEchoEngine({
    runBatch: ({ signal }) =>
      new Promise((_, reject) => signal?.addEventListener("abort", () => reject(new Error("cut")))),
  });
  await using stand = await startStand(azurite, { engine });
  await uploadSources(stand);
  await stand.flow("POST", "/BulkRuns/submit", aSubmit("long"));
  await until(stand, "long", "Running");

  await stand.flow("POST", "/BulkRuns/long/cancel");

  expect((await endedRun(stand, "long")).status).toBe("Canceled");
});

test("a run that a stop interrupted is taken up again under the same id", async () => {
  const engine = createEchoEngine({
    runBatch: ({ signal }) =>
      new Promise((_, reject) => signal?.addEventListener("abort", () => reject(new Error("cut")))),
  });
  await using stand = await startStand(azurite, { engine });
  await uploadSources(stand);
  await stand.flow("POST", "/BulkRuns/submit", aSubmit("interrupted"));
  await until(stand, "interrupted", "Running");

  await stand.restart();

  expect((await endedRun(stand, "interrupted")).status).toBe("Completed");
  const lines = await stand.flow("GET", "/BulkRuns/interrupted/childRuns?startIndex=0&endIndex=24");
  expect(lines.body.map(({ index }: { index: number }) => index)).toEqual([0, 1]);
});

test("an unknown runtime is refused before anything is kept of the run", async () => {
  await using stand = await startStand(azurite);

  const refused = await stand.flow(
    "POST",
    "/BulkRuns/submit",
    aSubmit("homeless", { runtimeName: "nowhere" }),
  );

  expect(refused.status).toBe(404);
  expect(refused.body.error).toMatchObject({
    message: "Runtime nowhere was not found.",
    innerError: { code: "RuntimeNotFound" },
  });
  expect(await inventory(stand, "run")).toEqual([]);
});
