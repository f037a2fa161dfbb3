import { run } from "#emulators/kit/run.ts";
import { startFunctionsHost } from "./start.ts";

// A supervisor that died took the pipes with it; the host still has to stop in order.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});

await run("Functions host", ["app"], ({ port, data, more }) =>
  startFunctionsHost({ app: more.app ?? ".", port, data }),
);
