import { app, trigger } from "@azure/functions";
import * as df from "durable-functions";

/** What the trigger gives, turn by turn, without the SDK between: an activity, a timer, a child, the end. */
const replaying = new Map();
app.generic("showsTurns", {
  trigger: trigger.generic({ type: "orchestrationTrigger" }),
  handler(payload, { triggerMetadata }) {
    const { history, instanceId, isReplaying } = payload;
    replaying.set(instanceId, [...(replaying.get(instanceId) ?? []), isReplaying]);
    const has = (type) => history.some(({ EventType }) => EventType === type);
    const [{ Timestamp: began }] = history;
    const actions = [{ actionType: 0, functionName: "echo", input: { n: 1 } }];
    const fireAt = new Date(Date.parse(began) + 2_000).toISOString();
    if (has(5)) actions.push({ actionType: 5, fireAt, isCanceled: false });
    if (has(11)) actions.push({ actionType: 2, functionName: "same", input: 2 });
    const output = { payload, triggerMetadata, replaying: replaying.get(instanceId) };
    return { isDone: has(8), actions: [actions], schemaVersion: 3, ...(has(8) ? { output } : {}) };
  },
});
app.generic("showsBothStarts", {
  trigger: trigger.generic({ type: "orchestrationTrigger" }),
  handler({ history, input }) {
    const executionId = history[1].OrchestrationInstance.ExecutionId;
    const types = history.map(({ EventType }) => EventType);
    const start = { executionId, types };
    if (input.first) {
      const output = { first: input.first, second: start };
      return { isDone: true, actions: [[]], schemaVersion: 3, output };
    }
    const again = { actionType: 4, input: { first: start } };
    return { isDone: true, actions: [[again]], schemaVersion: 3 };
  },
});

/** The text that a durable client is made of. */
app.http("binding", {
  extraInputs: [df.input.durableClient()],
  handler: (_request, { extraInputs, options }) => ({
    jsonBody: extraInputs.get(options.extraInputs[0]),
  }),
});
