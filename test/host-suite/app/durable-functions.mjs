// biome-ignore-all lint/correctness/useYield: an orchestrator is a generator even when it waits for nothing
import { app } from "@azure/functions";
import * as df from "durable-functions";

/** How often an activity has run for a key, in this process. */
const runs = new Map();

function countRun(key) {
  const count = (runs.get(key) ?? 0) + 1;
  runs.set(key, count);
  return count;
}

df.app.activity("echo", { handler: (input) => input });
df.app.activity("kindOf", {
  handler: (input) => ({ type: typeof input, value: input === undefined ? "undefined" : input }),
});
df.app.activity("returns", {
  handler: ({ what }) =>
    ({
      nan: Number.NaN,
      bytes: Buffer.from("hi"),
      text: "5",
      json: '{"a":1}',
      empty: "",
      nothing: undefined,
      nil: null,
      half: 0.5,
      yes: true,
      list: [1, "2"],
      big: 1.0e10,
    })[what],
});
df.app.activity("fails", {
  handler: ({ message }) => {
    throw new Error(message);
  },
});
df.app.activity("flaky", {
  handler: ({ key, failures }) => {
    const run = countRun(key);
    if (run <= failures) throw new Error(`boom ${run}`);
    return { run };
  },
});
df.app.activity("slow", {
  handler: async ({ ms }) => {
    await new Promise((resolve) => setTimeout(resolve, ms));
    return { ms };
  },
});
df.app.activity("metadata", { handler: (_input, context) => context.triggerMetadata });

/** A little later than the orchestration's present. */
function soon(context, ms) {
  return new Date(context.df.currentUtcDateTime.getTime() + ms);
}

const orchestrations = {
  *same(context) {
    return context.df.getInput();
  },
  *returnsText() {
    return '{"a":1}';
  },
  *returnsNothing() {},
  *callOne(context) {
    const { name, input } = context.df.getInput();
    return yield context.df.callActivity(name, input);
  },
  *waits(context) {
    return yield context.df.waitForExternalEvent("go");
  },
  *throws(context) {
    throw new Error(context.df.getInput().message);
  },
  *throwsText() {
    throw "text";
  },
  *fanOut(context) {
    const { wide } = context.df.getInput();
    const calls = Array.from({ length: wide }, (_, n) => context.df.callActivity("echo", n));
    return yield context.df.Task.all(calls);
  },
  *retries(context) {
    const { key, failures, attempts } = context.df.getInput();
    const options = new df.RetryOptions(1, attempts);
    try {
      return yield context.df.callActivityWithRetry("flaky", options, { key, failures });
    } catch (error) {
      return { failed: error.message.split(" \n ")[0] };
    }
  },
  *retriesInVain(context) {
    const input = { key: context.df.instanceId, failures: 9 };
    yield context.df.callActivityWithRetry("flaky", new df.RetryOptions(1, 2), input);
  },
  *callsWithDate(context) {
    return yield context.df.callActivity("kindOf", new Date(0));
  },
  *flakyOnce(context) {
    return yield context.df.callActivity("flaky", { key: context.df.instanceId, failures: 1 });
  },
  *catchesActivity(context) {
    try {
      yield context.df.callActivity("fails", { message: "boom" });
    } catch (error) {
      return error.message;
    }
  },
  *catchesChild(context) {
    try {
      yield context.df.callSubOrchestrator("throws", { message: "child boom" });
    } catch (error) {
      return error.message;
    }
  },
  *childIds(context) {
    const first = yield context.df.callSubOrchestrator("ownId");
    const named = yield context.df.callSubOrchestrator(
      "ownId",
      null,
      `${context.df.instanceId}-child`,
    );
    return { first, named };
  },
  *ownId(context) {
    return { id: context.df.instanceId, parent: context.df.parentInstanceId };
  },
  *flakyChildren(context) {
    const options = new df.RetryOptions(1, 3);
    return yield context.df.callSubOrchestratorWithRetry("thirdTime", options, {
      key: context.df.instanceId,
    });
  },
  *thirdTime(context) {
    const { key } = context.df.getInput();
    yield context.df.callActivity("flaky", { key, failures: 2 });
    return context.df.instanceId;
  },
  *waitsForChild(context) {
    return yield context.df.callSubOrchestrator("waits", null, `${context.df.instanceId}-child`);
  },
  *catchesTermination(context) {
    try {
      yield context.df.callSubOrchestrator("waits", null, `${context.df.instanceId}-child`);
    } catch {
      return "caught";
    }
  },
  *childWithOwnId(context) {
    yield context.df.callSubOrchestrator("same", null, context.df.instanceId);
  },
  *unknownActivity(context) {
    yield context.df.callActivity("nope", {});
  },
  *unknownChild(context) {
    yield context.df.callSubOrchestrator("nope", {});
  },
  *twoWaits(context) {
    const waits = [context.df.waitForExternalEvent("go"), context.df.waitForExternalEvent("go")];
    context.df.setCustomStatus("waiting");
    return yield context.df.Task.all(waits);
  },
  *waitsInTurn(context) {
    const first = yield context.df.waitForExternalEvent("go");
    const second = yield context.df.waitForExternalEvent("go");
    return [first, second];
  },
  *allOfFinished(context) {
    const done = context.df.callActivity("echo", 1);
    yield done;
    yield context.df.Task.all([done]);
    return "never";
  },
  *anyOfFinished(context) {
    const done = context.df.callActivity("echo", 1);
    yield done;
    const go = context.df.waitForExternalEvent("go");
    const winner = yield context.df.Task.any([done, go]);
    return winner === go ? go.result : "the finished one";
  },
  *cancelsTimer(context) {
    const timer = context.df.createTimer(soon(context, 3_600_000));
    yield context.df.Task.any([timer, context.df.callActivity("echo", 1)]);
    timer.cancel();
    return "done";
  },
  *leavesTimer(context) {
    const timer = context.df.createTimer(soon(context, 2_500));
    yield context.df.Task.any([timer, context.df.callActivity("echo", 1)]);
    return "done";
  },
  *leavesActivity(context) {
    const slow = context.df.callActivity("slow", { ms: 1_500 });
    yield context.df.Task.any([slow, context.df.callActivity("echo", 1)]);
    return "done";
  },
  *throwsBesideTimer(context) {
    const timer = context.df.createTimer(soon(context, 2_500));
    yield context.df.Task.any([timer, context.df.callActivity("echo", 1)]);
    throw new Error("boom");
  },
  *yieldsNeither(context) {
    context.df.createTimer(soon(context, 3_600_000));
    context.df.callActivity("flaky", { key: context.df.instanceId, failures: 0 });
    return yield context.df.callActivity("echo", "done");
  },
  *changesItsMind(context) {
    yield context.df.callActivity(context.df.isReplaying ? "kindOf" : "echo", 1);
  },
  *yieldsNothing() {
    yield "no task";
  },
  *startsOver(context) {
    const { left } = context.df.getInput();
    if (left > 0) context.df.continueAsNew({ left: left - 1 });
    return { left };
  },
  *startsOverWith(context) {
    const input = context.df.getInput();
    if (input?.next === undefined) return { type: typeof input, value: input };
    context.df.continueAsNew(input.next.value);
    return "unused";
  },
  *startsOverAfterWait(context) {
    const { round } = context.df.getInput();
    if (round === 1) {
      context.df.setCustomStatus("old");
      yield context.df.waitForExternalEvent("go");
      context.df.setCustomStatus("old");
      context.df.continueAsNew({ round: 2 });
      return "unused";
    }
    return yield context.df.waitForExternalEvent("spare");
  },
  *showsStatus(context) {
    const input = context.df.getInput();
    context.df.setCustomStatus(input.first);
    yield context.df.waitForExternalEvent("go");
    context.df.setCustomStatus("");
    yield context.df.waitForExternalEvent("go");
    return "done";
  },
  *bigStatus(context) {
    context.df.setCustomStatus("x".repeat(9_000));
    yield context.df.waitForExternalEvent("go");
  },
  *callsHttp(context) {
    const { url, method = "GET", body } = context.df.getInput();
    return yield context.df.callHttp({ method, url, body, enablePolling: false });
  },
  *waitsWithMany(context) {
    const all = context.df.Task.all([
      context.df.callActivity("echo", 1),
      context.df.callSubOrchestrator("same", 2),
    ]);
    const stop = context.df.waitForExternalEvent("stop");
    const winner = yield context.df.Task.any([all, stop]);
    return winner === all ? all.result : "stopped";
  },
};

for (const [name, orchestrator] of Object.entries(orchestrations)) {
  df.app.orchestration(name, orchestrator);
}
df.app.orchestration("asynchronous", async () => "no generator");

/** Calls the durable client: the body is the list of arguments. */
app.http("client", {
  route: "client/{verb}",
  methods: ["POST"],
  extraInputs: [df.input.durableClient()],
  handler: async (request, context) => {
    const args = await request.json();
    try {
      const result = await df.getClient(context)[request.params.verb](...args);
      return { jsonBody: { result: result ?? null } };
    } catch (error) {
      return { jsonBody: { error: error.message } };
    }
  },
});
