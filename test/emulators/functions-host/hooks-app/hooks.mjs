import { app } from "@azure/functions";

const seen = [];
app.setup({ capabilities: { Own: true } });
app.hook.appStart(({ hookData }) => {
  hookData.started = true;
});
app.hook.appTerminate(() => {
  process.stdout.write("the app says goodbye\n");
});
app.hook.log((context) => {
  const { functionName } = context.invocationContext ?? {};
  seen.push([context.category, functionName ?? null, context.message]);
  if (context.message === "secret") context.message = "hidden";
  if (context.message === "quiet") context.level = "debug";
  if (context.category === "system") context.message = "system logs cannot be changed";
  throw new Error("a broken log hook breaks nothing");
});
app.hook.preInvocation(({ invocationContext }) => {
  if (invocationContext.functionName === "stopped") throw new Error("no entry");
});

app.http("logs", {
  handler: (_request, context) => {
    context.log("secret");
    context.log("quiet");
    return { jsonBody: seen };
  },
});
app.http("stopped", { handler: () => ({ body: "never" }) });
app.http("late", {
  handler: (_request, context) => {
    try {
      app.http("tooLate", { handler: () => ({}) });
    } catch (error) {
      return { body: error.message };
    }
    context.log("it was taken");
    return {};
  },
});
app.http("hangs", { handler: () => new Promise(() => {}) });
