import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startVitest } from "vitest/node";

const HERE = import.meta.dirname;
const ROOT = join(HERE, "../..");
const LOOPBACK = { NO_PROXY: "127.0.0.1,localhost,::1", no_proxy: "127.0.0.1,localhost,::1" };

const { values, positionals } = parseArgs({
  options: { url: { type: "string" } },
  allowPositionals: true,
});
if (values.url) await runSuite(values.url.replace(/\/+$/, ""));
else await runOnOurs();

/** Starts our own host over the suite's app in a fresh data folder, and stops it afterwards. */
async function runOnOurs(): Promise<void> {
  const data = await mkdtemp(join(tmpdir(), "host-suite-"));
  const child = fork(
    join(ROOT, "emulators/functions-host/main.ts"),
    ["--app", join(HERE, "app"), "--data", data],
    { execArgv: [], silent: true },
  );
  child.stdout?.resume();
  child.stderr?.pipe(process.stderr);
  try {
    const [{ ready, failed }] = (await once(child, "message")) as [
      { ready?: string; failed?: string },
    ];
    if (!ready) throw new Error(`Our host did not start: ${failed}`);
    await runSuite(ready);
  } finally {
    if (child.exitCode === null) {
      const gone = once(child, "exit");
      child.kill("SIGTERM");
      await gone;
    }
    await rm(data, { recursive: true, force: true });
  }
}

/** Sets the exit code to 1 when an expectation does not hold. */
async function runSuite(hostUrl: string): Promise<void> {
  process.stdout.write(`The host under test is ${hostUrl}\n`);
  const vitest = await startVitest("test", positionals, {
    config: false,
    root: ROOT,
    watch: false,
    include: ["test/host-suite/*.test.ts"],
    // Purging by filter would take other files' instances.
    fileParallelism: false,
    testTimeout: 60_000,
    env: LOOPBACK,
    provide: { hostUrl },
  });
  await vitest.close();
}
