import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { gone, isAlive } from "#emulators/kit/processes.ts";
import type { LastWill, Report } from "#emulators/kit/run.ts";
import { serve } from "#emulators/kit/serve.ts";

const PART = join(import.meta.dirname, "part.ts");

function launch(...args: string[]): ChildProcess {
  const child = fork(PART, args, { execArgv: [], stdio: ["ignore", "pipe", "pipe", "ipc"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

async function report(child: ChildProcess): Promise<Report> {
  const [message] = await once(child, "message");
  return message as Report;
}

test("an emulator tells its supervisor where it is, and serves there", async () => {
  const child = launch("--greeting", "hi");

  const said = await report(child);

  expect(said).toEqual({ ready: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) });
  if (!("ready" in said)) throw new Error(said.failed);
  expect(await (await fetch(said.ready)).text()).toBe("hi");
});

test("it prints and reports every URL that it has", async () => {
  const child = launch("--tls", "https://localhost:1");
  const printed = once(child.stdout ?? child, "data");

  expect(await report(child)).toMatchObject({ urls: { tls: "https://localhost:1" } });
  expect(String(await printed)).toMatch(
    /^part is ready at http:\/\/127\.0\.0\.1:\d+, tls https:\/\/localhost:1\n$/,
  );
});

test.each(["SIGTERM", "SIGINT"] as const)("%s stops it with exit code 0", async (signal) => {
  const child = launch();
  await report(child);

  child.kill(signal);

  expect(await once(child, "exit")).toEqual([0, null]);
});

test("it stops when its supervisor is gone, and executes its will", async () => {
  const file = join(mkdtempSync(join(tmpdir(), "kit-")), "stack.json");
  writeFileSync(file, "{}");
  const [first, last] = [launch(), launch()];
  await Promise.all([report(first), report(last)]);
  const will: LastWill = { stopAfter: [first.pid ?? 0], remove: file };
  last.send(will);

  last.disconnect();
  expect(await gone([last.pid ?? 0], 200)).toEqual([last.pid]);
  expect(existsSync(file)).toBe(true);
  first.disconnect();

  expect(await once(last, "exit")).toEqual([0, null]);
  expect(existsSync(file)).toBe(false);
});

test("it does not wait for ever for one that hangs", async () => {
  const child = launch();
  await report(child);
  child.send({ stopAfter: [process.pid] } satisfies LastWill);
  const start = Date.now();

  child.disconnect();

  expect(await once(child, "exit")).toEqual([0, null]);
  expect(Date.now() - start).toBeLessThan(2_000);
});

test.each([
  { args: ["--greeting", "rude"], failed: "It is rude." },
  {
    args: ["--port", "99999"],
    failed: '--port is "99999"; it has to be a whole number from 0 to 65535.',
  },
  {
    args: ["--port", "many"],
    failed: '--port is "many"; it has to be a whole number from 0 to 65535.',
  },
])("a start that fails is told and ends with exit code 1: $failed", async ({ args, failed }) => {
  const child = launch(...args);

  const [said, exit] = await Promise.all([report(child), once(child, "exit")]);

  expect([said, exit]).toEqual([{ failed }, [1, null]]);
});

test("a taken port is told", async () => {
  await using taken = await serve(() => new Response());

  const said = await report(launch("--port", String(taken.port)));

  expect(said).toEqual({
    failed: `Port ${taken.port} on 127.0.0.1 is taken. Stop what listens there, or name another with --port.`,
  });
});

test("a process is alive until it has ended", async () => {
  const child = launch();
  await report(child);
  expect(isAlive(child.pid ?? 0)).toBe(true);

  child.kill("SIGKILL");
  await once(child, "exit");

  expect(isAlive(child.pid ?? 0)).toBe(false);
});
