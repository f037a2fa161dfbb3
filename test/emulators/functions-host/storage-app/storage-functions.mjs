// biome-ignore-all lint/style/noProcessEnv: an app reads its settings like this
import { appendFileSync } from "node:fs";
import { app, input, output } from "@azure/functions";

const original = input.storageBlob({ path: "files/{id}.txt", connection: "STORE" });
const copy = output.storageBlob({ path: "%TARGET%/{id}-{Query.suffix}.txt", connection: "STORE" });
app.http("copy", {
  route: "copy/{id}",
  extraInputs: [original],
  extraOutputs: [copy],
  handler: (_request, context) => {
    const content = context.extraInputs.get(original);
    if (content === undefined) return { status: 404 };
    context.extraOutputs.set(copy, content);
    return { jsonBody: { isBuffer: Buffer.isBuffer(content), text: content.toString() } };
  },
});

const filed = output.storageBlob({ path: "filed/{customer.name}/{kind}", connection: "STORE" });
const queued = output.storageQueue({ queueName: "work-{kind}", connection: "STORE" });
app.http("file", {
  methods: ["POST"],
  extraOutputs: [filed, queued],
  handler: async (request, context) => {
    const { value } = await request.json();
    context.extraOutputs.set(filed, value);
    context.extraOutputs.set(queued, value);
    return { status: 202 };
  },
});

const nowhere = output.storageBlob({ path: "filed/{nothing}", connection: "STORE" });
app.http("lost", {
  extraOutputs: [nowhere],
  handler: (_request, context) => {
    context.extraOutputs.set(nowhere, "x");
  },
});

app.storageBlob("upper", {
  path: "incoming/{name}.txt",
  connection: "STORE",
  return: output.storageBlob({ path: "upper/{name}.txt", connection: "STORE" }),
  handler: (content, context) => {
    if (process.env.RUN_LOG)
      appendFileSync(process.env.RUN_LOG, `${context.triggerMetadata.name}\n`);
    return content.toString().toUpperCase();
  },
});

app.storageQueue("onWork", {
  queueName: "work",
  connection: "STORE",
  return: output.storageQueue({ queueName: "done", connection: "STORE" }),
  handler: (message, context) => {
    const { dequeueCount, kind = null } = context.triggerMetadata;
    if (message.fail) throw new Error(`cannot do it the ${dequeueCount}. time`);
    return { message, kind, dequeueCount };
  },
});

app.http("mail", {
  extraOutputs: [output.generic({ type: "sendGrid", name: "mail" })],
  handler: () => ({}),
});
app.http("table", {
  extraInputs: [input.table({ tableName: "t", connection: "STORE" })],
  handler: () => ({}),
});
app.http("sdk", {
  extraInputs: [input.storageBlob({ path: "files/a", connection: "STORE", sdkBinding: true })],
  handler: () => ({}),
});
app.http("pathless", {
  extraInputs: [input.storageBlob({ path: "files", connection: "STORE" })],
  handler: () => ({}),
});
