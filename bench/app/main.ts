import { app } from "@azure/functions";
import * as df from "durable-functions";
import { fanOut, longHistory, sequence } from "./orchestrators.ts";

df.app.activity("echo", { handler: (input: unknown) => input });
df.app.activity("stamp", { handler: () => ({ ms: performance.now() }) });
df.app.orchestration("sequence", sequence);
df.app.orchestration("fanOut", fanOut);
df.app.orchestration("longHistory", longHistory);

// The app shares the host's process, so this is the host's memory.
app.http("memory", {
  methods: ["GET"],
  handler: () => ({ jsonBody: { bytes: process.memoryUsage.rss() } }),
});
