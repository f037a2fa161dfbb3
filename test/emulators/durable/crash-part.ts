import { openDurable } from "#emulators/durable/durable.ts";
import { systemClock } from "#emulators/kit/clock.ts";
import { crashPrograms, EVENT_VALUE, expectedEntities } from "./crash-programs.ts";
import { sdkWorker } from "./sdk-worker.ts";

// The process that is killed: `folder`, and how many instances there are to be.
const [folder = "", count = "0"] = process.argv.slice(2);
const ids = Array.from({ length: Number(count) }, (_, n) => `instance${n}`);

const EXPECTED_SIGNALS = String(expectedEntities(ids.length)["@counter@signals"]);

const backend = openDurable({
  folder,
  clock: systemClock,
  worker: sdkWorker(crashPrograms(folder)),
  log: (level, message) => process.stdout.write(`${level}: ${message}\n`),
  settings: {
    hubName: "crash",
    defaultVersion: null,
    versionMatchStrategy: "CurrentOrOlder",
    versionFailureStrategy: "Reject",
    maxConcurrentActivities: 20,
    overridableExistingInstanceStates: "NonRunningStates",
    httpPollDelayMs: 30_000,
  },
});
backend.start();
for (const [n, id] of ids.entries()) {
  if (backend.operations.read(id)) continue;
  const input = JSON.stringify({ n, generation: 1, total: 0 });
  backend.operations.start({ name: "everything", id, input });
}
process.send?.("ready");

const raise = setInterval(() => {
  const open = ids.filter((id) => backend.operations.read(id)?.status !== "Completed");
  for (const id of open) {
    if (backend.operations.read(id)?.customStatus !== '"waiting"') continue;
    backend.operations.raiseEvent(id, "go", String(EVENT_VALUE));
  }
  const failed = open.some((id) => backend.operations.read(id)?.status === "Failed");
  const signals = backend.operations.readEntity({ name: "counter", key: "signals" });
  const isDone = open.length === 0 && signals === EXPECTED_SIGNALS;
  if (!isDone && !failed) return;
  clearInterval(raise);
  process.send?.("ended");
}, 10);
