import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  DURABLE,
  type HostProcess,
  runToEnd,
  startHost,
  startInstance,
  untilStatus,
} from "./host-process.ts";

let host: HostProcess;
beforeAll(async () => {
  host = await startHost({
    app: join(import.meta.dirname, "properties-app"),
    env: { HUB_OF_TEST: "fromASetting" },
  });
});
afterAll(() => host[Symbol.asyncDispose]());

const details = {
  errorType: "TypeError",
  errorMessage: "typed boom",
  isNonRetriable: false,
  properties: { code: "E1", attempts: 5 },
};

test.each(["catches", "catchesChild"])(
  "%s gets an error with what the app's provider says of it",
  async (name) => {
    const { output } = await runToEnd(host, name, null);
    expect(output).toMatchObject({ message: "TypeError: typed boom", failureDetails: details });
  },
);

test.each(["lets", "retries"])("%s ends with the error's own words", async (name) => {
  const { runtimeStatus, output, instanceId } = await runToEnd(host, name, null);
  expect([runtimeStatus, output]).toEqual(["Failed", "TypeError: typed boom"]);
  const query = "showHistory=true&showHistoryOutput=true";
  const response = await host.call("GET", `${DURABLE}/instances/${instanceId}?${query}`);
  const { historyEvents } = (await response.json()) as { historyEvents: object[] };
  expect(historyEvents.at(-1)).toMatchObject({
    EventType: "ExecutionCompleted",
    Result: `Orchestrator function '${name}' failed: TypeError: typed boom`,
  });
  expect(historyEvents).toContainEqual(
    expect.objectContaining({
      EventType: "TaskFailed",
      Reason: "Activity function 'fails' failed with an unhandled exception.",
      Details: null,
      FailureDetails: expect.objectContaining({
        ErrorType: "TypeError",
        ErrorMessage: "typed boom",
        InnerFailure: null,
        IsNonRetriable: false,
        Properties: { code: "E1", attempts: 5 },
      }),
    }),
  );
});

test("a hub name may come from a setting, and AnyState lets a start replace what runs", async () => {
  await startInstance(host, "waits", 1, "taken");
  await untilStatus(host, "taken", "Running");
  const again = await host.call("POST", `${DURABLE}/orchestrators/waits/taken`, 2);
  expect(again.status).toBe(202);
  const { statusQueryGetUri } = (await again.json()) as { statusQueryGetUri: string };
  expect(statusQueryGetUri).toContain("?taskHub=fromASetting&connection=Storage&");
  await host.call("POST", `${DURABLE}/instances/taken/raiseEvent/go`, "late");
  expect(await untilStatus(host, "taken", "Completed")).toMatchObject({ input: 2, output: "late" });
});
