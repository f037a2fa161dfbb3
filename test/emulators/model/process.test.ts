import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, test } from "vitest";

describe("as a process", () => {
  const start = (...args: string[]) =>
    spawn(process.execPath, ["emulators/model/main.ts", ...args], { stdio: "pipe" });

  test("prints its address and stops on SIGTERM", async () => {
    const child = start("--port", "0");
    const [line] = await once(child.stdout, "data");
    const url = /http:\S+/.exec(String(line))?.[0] ?? "";
    const health = await fetch(`${url}/_emulator/health`);
    child.kill("SIGTERM");

    expect(await health.json()).toEqual({ status: "ready" });
    expect(await once(child, "exit")).toEqual([0, null]);
  });

  test("refuses a latency that is no number", async () => {
    const child = start("--latency-ms", "soon");
    const [line] = await once(child.stderr, "data");

    expect(String(line)).toBe(
      'Model did not start: --latency-ms is a whole number of milliseconds, not "soon".\n',
    );
    expect(await once(child, "exit")).toEqual([1, null]);
  });
});
