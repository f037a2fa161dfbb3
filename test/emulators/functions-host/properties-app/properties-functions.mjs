import * as df from "durable-functions";

df.app.setExceptionPropertiesProvider({
  getExceptionProperties: (error) => ({ code: error.code, attempts: 5 }),
});
df.app.activity("fails", {
  handler: () => {
    throw Object.assign(new TypeError("typed boom"), { code: "E1" });
  },
});

const described = ({ message, failureDetails }) => ({ message, failureDetails });

const orchestrations = {
  *catches(context) {
    try {
      yield context.df.callActivity("fails");
    } catch (error) {
      return described(error);
    }
  },
  *lets(context) {
    yield context.df.callActivity("fails");
  },
  *retries(context) {
    yield context.df.callActivityWithRetry("fails", new df.RetryOptions(1, 2));
  },
  *catchesChild(context) {
    try {
      yield context.df.callSubOrchestrator("lets");
    } catch (error) {
      return described(error);
    }
  },
  *waits(context) {
    return yield context.df.waitForExternalEvent("go");
  },
};
for (const [name, orchestrator] of Object.entries(orchestrations)) {
  df.app.orchestration(name, orchestrator);
}
