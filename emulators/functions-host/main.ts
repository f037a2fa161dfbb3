import { run } from "#emulators/kit/run.ts";
import { startFunctionsHost } from "./start.ts";

await run("Functions host", ["app"], ({ port, data, more }) =>
  startFunctionsHost({ app: more.app ?? ".", port, data }),
);
