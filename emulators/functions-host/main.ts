import { run } from "#emulators/kit/run.ts";
import { startFunctionsHost } from "./start.ts";

// A supervisor that died took the pipes with it; the host still has to stop in order.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});

// A supervisor is told of an app that cannot be loaded; a person who works on it sees the host run on, as the real one.
const broken = process.connected ? "refuse" : "runOn";

const { auth, rest } = takeSwitch("--auth", process.argv);
process.argv = rest;

await run("Functions host", ["app", "storage"], ({ port, data, more: { app = ".", storage } }) =>
  startFunctionsHost({ app, port, data, storage, broken, auth }),
);

/** The other arguments all take values, and are read as such. */
function takeSwitch(name: string, argv: readonly string[]) {
  return { auth: argv.includes(name), rest: argv.filter((argument) => argument !== name) };
}
