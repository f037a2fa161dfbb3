import { app } from "@azure/functions";

const seen = [];

app.storageBlob("onBlob", {
  path: "test-data/{app}/data.jsonl",
  connection: "FIXTURE_STORAGE",
  source: "EventGrid",
  handler: (content, context) => {
    const { blobTrigger, app: name, metadata, properties } = context.triggerMetadata;
    const { contentLength } = properties;
    seen.push({ text: content.toString(), blobTrigger, name, metadata, contentLength });
  },
});
app.storageBlob("onBadBlob", {
  path: "test-data/{app}/data.jsonl",
  connection: "FIXTURE_STORAGE",
  source: "EventGrid",
  handler: () => {
    seen.push("tried");
    throw new Error("cannot do it");
  },
});
app.storageBlob("onUnset", {
  path: "test-data/{app}/data.jsonl",
  connection: "NOT_SET",
  source: "EventGrid",
  handler: () => {},
});
app.eventGrid("onEvent", {
  handler: (event, context) => {
    if (event.subject === "bad") throw new Error("bad event");
    seen.push({ id: event.id, subject: context.triggerMetadata.subject, data: event.data });
  },
});
app.timer("atStart", {
  schedule: "0 0 3 1 1 *",
  runOnStartup: true,
  handler: (timer) => {
    seen.push({ timer: Object.keys(timer), isPastDue: timer.isPastDue });
  },
});
app.timer("retried", {
  schedule: "0 0 3 1 1 *",
  runOnStartup: true,
  retry: { strategy: "fixedDelay", maxRetryCount: 1, delayInterval: 0 },
  handler: (_timer, context) => {
    const { retryCount, maxRetryCount, exception } = context.retryContext ?? {};
    seen.push({ retry: retryCount ?? null, of: maxRetryCount, because: exception?.message });
    throw new Error("not yet");
  },
});
app.http("unretried", {
  retry: { strategy: "fixedDelay", maxRetryCount: 1, delayInterval: 0 },
  handler: () => ({}),
});
app.timer("never", { schedule: "61 * * * * *", handler: () => {} });
app.http("seen", { handler: () => ({ jsonBody: seen }) });
