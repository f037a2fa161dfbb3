import { run } from "#emulators/kit/run.ts";
import { startFunctionsHost } from "./start.ts";

// A supervisor that died took the pipes with it; the host still has to stop in order.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});

// A supervisor is told of an app that cannot be loaded; a person who works on it sees the host run on, as the real one.
const broken = process.connected ? "refuse" : "runOn";

await run("Functions host", ["app", "storage"], ({ port, data, more: { app = ".", storage } }) =>
  startFunctionsHost({ app, port, data, storage, broken }),
);
