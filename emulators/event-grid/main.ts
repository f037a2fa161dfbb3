import { run } from "#emulators/kit/run.ts";
import { startEventGrid } from "./start-event-grid.ts";

await run("Event Grid", ["storage", "blobs-webhook", "watch", "key"], ({ port, data, more }) => {
  const { storage, "blobs-webhook": blobsWebhook, watch, key } = more;
  return startEventGrid({
    port,
    data,
    ...(storage === undefined ? {} : { storage }),
    ...(blobsWebhook === undefined ? {} : { blobsWebhook }),
    ...(watch === undefined ? {} : { watch }),
    ...(key === undefined ? {} : { key }),
    warn: (message) => void process.stderr.write(`${message}\n`),
  });
});
