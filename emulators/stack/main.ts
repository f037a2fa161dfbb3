import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { latencyProfile } from "#emulators/azure-ml/latency.ts";
import { describe } from "./describe.ts";
import { readSample, writeLocalSettings } from "./settings.ts";
import { type StackOptions, startStack } from "./start-stack.ts";

const USAGE = `Azure on this machine, until stopped with Ctrl-C.

  npm start -- [options]              with the Functions host
  npm run emulators -- [options]      without it; writes local.settings.json, so that func start works

  --port-base N               ports N to N+6 in place of 7071, 10000-10002, 7081-7083
  --data DIR                  folder that keeps everything (default .flowgate)
  --latency none|demo|real    how long Azure ML takes (default demo); single steps after it, in
                              seconds: none,trafficReadBack=5
  --python COMMAND            what runs flows (default $FLOWGATE_PYTHON, else python3)
  --engine builtin|promptflow ours, or prompt flow itself, installed from PyPI when it is first
                              needed (default $FLOWGATE_ENGINE, else builtin)
  --tls PORT                  Azure ML over TLS and under Azure's own names, for the clients of PyPI and npm
`;
const PARENT_POLL_MS = 500;
const APP = resolve(import.meta.dirname, "../..");

const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => interrupted.abort());
}
stopWithNpm();
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});

try {
  const options = readOptions();
  if (options === undefined) {
    process.stdout.write(USAGE);
  } else {
    await runStack(options);
  }
} catch (error) {
  if (!interrupted.signal.aborted) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}

async function runStack(options: StackOptions): Promise<void> {
  const stack = await startStack({
    ...options,
    log: (part, line) => console.log(`${part.padEnd(9)} | ${line}`),
    warn: (message) => console.error(message),
    signal: interrupted.signal,
  });
  if (options.functions === false) {
    const path = writeLocalSettings(APP, readSample(APP), stack);
    console.log(`Wrote ${path}: func start runs the app on this stack.`);
  }
  console.log(describe(stack, options.functions !== false));
  if (!interrupted.signal.aborted) {
    await new Promise((done) => interrupted.signal.addEventListener("abort", done));
  }
  console.log("Stopping.");
  await stack.stop();
}

/** npm that is killed cannot say so; its script then has another parent. */
function stopWithNpm(): void {
  if (!process.env["npm_lifecycle_event"]) return;
  const npm = process.ppid;
  setInterval(() => {
    if (process.ppid !== npm) interrupted.abort();
  }, PARENT_POLL_MS).unref();
}

/** Undefined when only help is wanted. */
function readOptions(): StackOptions | undefined {
  const { values } = parseArgs({
    options: {
      "without-functions": { type: "boolean", default: false },
      "port-base": { type: "string" },
      data: { type: "string", default: ".flowgate" },
      latency: { type: "string", default: "demo" },
      python: { type: "string" },
      engine: { type: "string" },
      tls: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  // Refused here, before anything runs.
  latencyProfile(values.latency);
  return {
    functions: !values["without-functions"],
    ports:
      values["port-base"] === undefined
        ? "default"
        : readNumber("--port-base", values["port-base"]),
    data: values.data,
    latency: values.latency,
    ...(values.python === undefined ? {} : { python: values.python }),
    ...(values.engine === undefined ? {} : { engine: values.engine }),
    ...(values.tls === undefined ? {} : { tls: readNumber("--tls", values.tls) }),
  };
}

function readNumber(option: string, text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new Error(`${option} is "${text}"; it has to be a whole number.`);
}
