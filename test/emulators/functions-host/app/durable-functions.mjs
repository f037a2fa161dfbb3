// biome-ignore-all lint/correctness/useYield: an orchestrator is a generator even when it waits for nothing
// biome-ignore-all lint/style/noProcessEnv: an app reads its settings like this
import { appendFileSync } from "node:fs";
import { app } from "@azure/functions";
import * as df from "durable-functions";

const attempts = new Map();

/** The file that counts runs of activities, across restarts. */
function count(line) {
  if (process.env.RUN_LOG) appendFileSync(process.env.RUN_LOG, `${line}\n`);
}

df.app.activity("echo", { handler: (input) => input });
df.app.activity("kindOf", {
  handler: (input) => ({ type: typeof input, value: input === undefined ? "undefined" : input }),
});
df.app.activity("square", {
  handler: ({ n }) => {
    count(`square ${n}`);
    return n * n;
  },
});
df.app.activity("returns", {
  handler: ({ what }) =>
    ({ nan: Number.NaN, bytes: Buffer.from("hi"), text: "5", nothing: undefined, half: 0.5 })[what],
});
df.app.activity("fails", {
  handler: ({ message }) => {
    throw new Error(message);
  },
});
df.app.activity("flaky", {
  handler: ({ key, failures }) => {
    const attempt = (attempts.get(key) ?? 0) + 1;
    attempts.set(key, attempt);
    if (attempt <= failures) throw new Error(`boom ${attempt}`);
    return { attempt };
  },
});
df.app.activity("wait", {
  handler: async ({ ms }) => {
    await new Promise((resolve) => setTimeout(resolve, ms));
    return ms;
  },
});
df.app.activity("whoCalls", { handler: (_input, context) => context.triggerMetadata });

const orchestrations = {
  *callOne(context) {
    const { name, input } = context.df.getInput();
    return yield context.df.callActivity(name, input);
  },
  *greet(context) {
    const fanOut = [1, 2, 3].map((n) => context.df.callActivity("square", { n }));
    const squares = yield context.df.Task.all(fanOut);
    const before = context.df.currentUtcDateTime.getTime();
    const fireAt = before + 100;
    yield context.df.createTimer(new Date(fireAt));
    const waited = context.df.currentUtcDateTime.getTime() >= fireAt;
    const child = yield context.df.callSubOrchestrator("double", 21);
    context.df.setCustomStatus({ stage: "last" });
    return { input: context.df.getInput(), squares, waited, child, version: context.df.version };
  },
  *double(context) {
    return { id: context.df.instanceId, doubled: context.df.getInput() * 2 };
  },
  *retries(context) {
    const { failures, attempts: most, key } = context.df.getInput();
    const options = new df.RetryOptions(20, most);
    try {
      return yield context.df.callActivityWithRetry("flaky", options, { key, failures });
    } catch (error) {
      return { failed: error.message.split(" \n ")[0] };
    }
  },
  *approval(context) {
    const approval = context.df.waitForExternalEvent("approval");
    const deadline = context.df.createTimer(
      new Date(context.df.currentUtcDateTime.getTime() + 60_000),
    );
    context.df.setCustomStatus("waiting");
    const winner = yield context.df.Task.any([approval, deadline]);
    if (winner !== approval) return "too late";
    deadline.cancel();
    return approval.result;
  },
  *leavesTimer(context) {
    yield context.df.Task.any([
      context.df.callActivity("echo", { n: 1 }),
      context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + 300)),
    ]);
    return "done";
  },
  *throws(context) {
    const { message } = context.df.getInput();
    throw new Error(message);
  },
  *catchesChild(context) {
    try {
      yield context.df.callSubOrchestrator("throws", { message: "child boom" });
    } catch (error) {
      return error.message;
    }
  },
  *terminatedChild(context) {
    return yield context.df.callSubOrchestrator("approval", null, `${context.df.instanceId}-child`);
  },
  *counter(context) {
    const { left, total } = context.df.getInput();
    if (left === 0) return { total };
    yield context.df.callActivity("echo", { left });
    context.df.continueAsNew({ left: left - 1, total: total + left });
  },
  *unknownActivity(context) {
    yield context.df.callActivity("nope", {});
  },
  *sameTaskTwice(context) {
    const slow = context.df.callActivity("wait", { ms: 60 });
    yield context.df.Task.any([slow, context.df.callActivity("wait", { ms: 1 })]);
    yield context.df.Task.any([slow, context.df.callActivity("wait", { ms: 2 })]);
    const waited = yield slow;
    return { waited };
  },
  *everything(context) {
    const { n } = context.df.getInput();
    const call = (k) => context.df.callActivity("square", { n: k });
    const squares = yield context.df.Task.all([0, 1, 2, 3, 4].map((k) => call(n + k)));
    yield context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + 30));
    const children = [1, 2].map((k) => context.df.callSubOrchestrator("squareOf", { n: k }));
    const [one, four] = yield context.df.Task.all(children);
    const retried = yield context.df.callActivityWithRetry("flaky", new df.RetryOptions(10, 5), {
      key: context.df.instanceId,
      failures: 1,
    });
    return { squares, one, four, retried: typeof retried.attempt };
  },
  *fanOut(context) {
    const { wide } = context.df.getInput();
    const calls = Array.from({ length: wide }, (_, n) => context.df.callActivity("echo", n));
    const results = yield context.df.Task.all(calls);
    return results.length;
  },
  *squareOf(context) {
    return yield context.df.callActivity("square", context.df.getInput());
  },
  *clearsStatus(context) {
    context.df.setCustomStatus("first");
    yield context.df.waitForExternalEvent("go");
    context.df.setCustomStatus("");
    yield context.df.waitForExternalEvent("go");
    return "done";
  },
};

for (const [name, orchestrator] of Object.entries(orchestrations)) {
  df.app.orchestration(name, orchestrator);
}

app.http("start", {
  route: "start/{name}/{id?}",
  methods: ["POST"],
  extraInputs: [df.input.durableClient()],
  handler: async (request, context) => {
    const client = df.getClient(context);
    const { name, id } = request.params;
    try {
      const input = await request.json();
      const instanceId = await client.startNew(name, { instanceId: id, input });
      return client.createCheckStatusResponse(request, instanceId);
    } catch (error) {
      return { status: 502, body: error.message };
    }
  },
});

app.http("client", {
  route: "client/{verb}/{id}",
  methods: ["POST"],
  extraInputs: [df.input.durableClient()],
  handler: async (request, context) => {
    const client = df.getClient(context);
    const { verb, id } = request.params;
    const args = await request.json();
    try {
      return { jsonBody: { result: (await client[verb](id, ...args)) ?? null } };
    } catch (error) {
      return { status: 502, body: error.message };
    }
  },
});
