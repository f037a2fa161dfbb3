import { once } from "node:events";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type HostProcess, startHost } from "./host-process.ts";

let host: HostProcess;
beforeAll(async () => {
  host = await startHost({ app: join(import.meta.dirname, "hooks-app") });
});
afterAll(() => host[Symbol.asyncDispose]());

test("a log hook sees the app's lines with their function and may change them", async () => {
  const seen = await (await host.call("GET", "/api/logs")).json();
  expect(seen).toEqual(
    expect.arrayContaining([
      ["user", "logs", "secret"],
      ["user", "logs", "quiet"],
    ]),
  );
  expect(host.log()).toContain("[logs] hidden");
  expect(host.log()).not.toContain("secret");
  expect(host.log()).not.toContain("quiet");
});

test("a hook that throws before the invocation fails it", async () => {
  expect((await host.call("GET", "/api/stopped")).status).toBe(500);
  expect(host.log()).toMatch(/stopped Failed \d+ ms: Error: no entry/);
});

test("nothing can be registered once the app has started", async () => {
  const answer = await (await host.call("GET", "/api/late")).text();
  expect(answer).toContain("can only be registered during app startup");
});

test("a function that runs too long has failed", async () => {
  expect((await host.call("GET", "/api/hangs")).status).toBe(500);
  expect(host.log()).toContain("hangs ran longer than the functionTimeout of host.json, 1 s.");
});

test("the app is told that it ends", async () => {
  const gone = once(host.process, "exit");
  host.process.kill("SIGTERM");
  await gone;
  expect(host.log()).toContain("the app says goodbye");
});
