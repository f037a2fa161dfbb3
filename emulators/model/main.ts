import { run } from "#emulators/kit/run.ts";
import { startModel } from "./start-model.ts";

await run("Model", ["latency-ms"], ({ port, more }) => {
  const latencyMs = Number(more["latency-ms"] ?? 0);
  if (!Number.isInteger(latencyMs) || latencyMs < 0) {
    throw new Error(`--latency-ms is a whole number of milliseconds, not "${more["latency-ms"]}".`);
  }
  return startModel({ port, latencyMs });
});
