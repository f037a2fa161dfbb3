// biome-ignore-all lint/correctness/useYield: an orchestrator is a generator even when it waits for nothing
import { app } from "@azure/functions";
import * as df from "durable-functions";

for (const authLevel of ["anonymous", "function", "admin"]) {
  app.http(`of-${authLevel}`, { authLevel, handler: () => ({ body: authLevel }) });
}
app.http("other", { authLevel: "function", handler: () => ({ body: "other" }) });
app.http("start", {
  extraInputs: [df.input.durableClient()],
  handler: async (request, context) => {
    const client = df.getClient(context);
    return client.createCheckStatusResponse(request, await client.startNew("soon"));
  },
});
df.app.orchestration("soon", function* soon() {
  return "done";
});
