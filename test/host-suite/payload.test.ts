import { expect, test } from "vitest";
import { run } from "./client.ts";

type Event = Readonly<Record<string, unknown>> & { readonly EventType: number };

interface Turns {
  readonly payload: Readonly<Record<string, unknown>> & { readonly history: readonly Event[] };
  readonly triggerMetadata: Readonly<Record<string, unknown>>;
  readonly replaying: readonly boolean[];
}

interface Start {
  readonly executionId: string;
  readonly types: readonly number[];
}

/** The last turn of an orchestrator that calls an activity, waits for a timer, and calls a child. */
async function lastTurn() {
  const { output, instanceId } = await run("showsTurns", { a: 1 });
  return { ...(output as Turns), instanceId };
}

function eventOf({ history }: Turns["payload"], type: number): Event {
  const found = history.find(({ EventType }) => EventType === type);
  if (!found) throw new Error(`No event of type ${type}.`);
  return found;
}

test("an orchestrator's trigger has its members in order", async () => {
  const { payload, instanceId } = await lastTurn();
  expect(Object.keys(payload)).toEqual([
    "history",
    "input",
    "instanceId",
    "isReplaying",
    "parentInstanceId",
    "upperSchemaVersion",
    "upperSchemaVersionNew",
    "longRunningTimerIntervalDuration",
    "maximumShortTimerDuration",
    "defaultHttpAsyncRequestSleepTimeMillseconds",
  ]);
  expect(payload).toMatchObject({
    input: { a: 1 },
    instanceId,
    parentInstanceId: null,
    upperSchemaVersion: 1,
    upperSchemaVersionNew: 3,
    defaultHttpAsyncRequestSleepTimeMillseconds: 30_000,
  });
});

test("the first turn is no replay, every later one is; the metadata says so as .NET's text", async () => {
  const { replaying, triggerMetadata, instanceId } = await lastTurn();
  expect(replaying).toEqual([false, true, true, true]);
  expect(triggerMetadata).toMatchObject({ instanceId, isReplaying: "True", upperSchemaVersion: 1 });
  expect(triggerMetadata).not.toHaveProperty("history");
  expect(triggerMetadata).not.toHaveProperty("parentInstanceId");
});

test("a history tells turn by turn what came and what was asked for", async () => {
  const { payload } = await lastTurn();
  const [first, second, third, last] = [
    [12, 0, 4, 13],
    [12, 5, 10, 13],
    [12, 11, 7, 13],
    [12, 8],
  ];
  expect(payload.history.map(({ EventType }) => EventType)).toEqual([
    ...first,
    ...second,
    ...third,
    ...last,
  ]);
});

test("only the start and completions of earlier turns were played", async () => {
  const { payload } = await lastTurn();
  const played = payload.history.filter(({ IsPlayed }) => IsPlayed === true);
  expect(played.map(({ EventType }) => EventType)).toEqual([0, 5, 11]);
});

test("scheduling events hide their inputs; every event has .NET's fields", async () => {
  const { payload } = await lastTurn();
  const started = eventOf(payload, 0);
  for (const field of [
    "ParentTraceContext",
    "Tags",
    "Correlation",
    "ScheduledStartTime",
    "Generation",
    "GenerateNewTrace",
  ])
    expect(started).toHaveProperty(field);
  expect(started).toMatchObject({ Name: "showsTurns", Input: '{"a":1}' });
  expect(eventOf(payload, 4)).toMatchObject({ Name: "echo", Version: "", Input: null, EventId: 0 });
  const child = eventOf(payload, 7);
  expect(child).toMatchObject({ Name: "same", Version: null, Input: null, EventId: 2 });
  expect(child).toHaveProperty("ClientSpanId");
  for (const { Timestamp } of payload.history)
    expect(Timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?Z$/);
});

test("an instance was started before its first turn, and a fired timer bears the time of its creation", async () => {
  const { payload } = await lastTurn();
  const at = (text: unknown) => Date.parse(String(text));
  const [turn, started] = payload.history;
  expect(at(started?.Timestamp)).toBeLessThanOrEqual(at(turn?.Timestamp));
  const { Timestamp, FireAt } = eventOf(payload, 11);
  expect(at(FireAt) - at(Timestamp)).toBeGreaterThan(1_000);
});

test("continueAsNew begins a new execution, whose history has the end of the old one's turn", async () => {
  const { output } = await run("showsBothStarts", {});
  const { first, second } = output as { readonly first: Start; readonly second: Start };
  expect(first.types).toEqual([12, 0]);
  expect(second.types).toEqual([12, 0, 13]);
  expect(second.executionId).not.toBe(first.executionId);
});
