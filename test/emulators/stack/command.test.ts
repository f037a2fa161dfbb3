import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { aDataFolder } from "./sandbox.ts";

const MAIN = resolve(import.meta.dirname, "../../../emulators/stack/main.ts");

function command(...args: string[]) {
  const cwd = aDataFolder();
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { cwd });
  const startedAnything = existsSync(join(cwd, ".flowgate"));
  return { status, stdout: String(stdout), stderr: String(stderr), startedAnything };
}

test("--help says what there is, and starts nothing", () => {
  const { status, stdout, startedAnything } = command("--help");

  expect([status, startedAnything]).toEqual([0, false]);
  for (const option of [
    "--port-base N",
    "--data DIR",
    "--latency none|demo|real",
    "--python",
    "--tls PORT",
  ]) {
    expect(stdout).toContain(option);
  }
});

test.each([
  {
    args: ["--latency", "slow"],
    says: '--latency is none, demo or real, not "slow".',
  },
  { args: ["--ports", "9000"], says: "Unknown option '--ports'" },
  { args: ["--python", "python-of-nobody"], says: "python-of-nobody" },
  { args: ["--port-base", "abc"], says: '--port-base is "abc"; it has to be a whole number.' },
  { args: ["--tls", "seven"], says: '--tls is "seven"; it has to be a whole number.' },
  {
    args: ["--data", MAIN],
    says: `${MAIN} cannot be made a data folder (EEXIST). Choose another with --data DIR.`,
  },
])("$args is refused with exit code 1 before anything starts", ({ args, says }) => {
  const { status, stderr, startedAnything } = command(...args);

  expect([status, startedAnything]).toEqual([1, false]);
  expect(stderr).toContain(says);
});
