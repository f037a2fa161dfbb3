import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type HostProcess, startHost, startInstance, untilStatus } from "./host-process.ts";

let host: HostProcess;
beforeAll(async () => {
  host = await startHost();
});
afterAll(() => host[Symbol.asyncDispose]());

const page = async (of: HostProcess) => {
  const answer = await fetch(of.url, { headers: { accept: "text/html,*/*;q=0.8" } });
  expect(answer.headers.get("content-type")).toBe("text/html; charset=utf-8");
  return answer.text();
};

test("a browser sees functions with links, and what is wrong with them", async () => {
  const html = await page(host);
  const url = `http://localhost:${new URL(host.url).port}/api/text`;
  expect(html).toContain(`<a href="${url}">${url}</a>`);
  expect(html).toContain("IN ERROR: The specified route conflicts");
  expect(html).not.toContain("/{id:int}/{part?}</a>");
  expect(html).not.toContain("functionName=onEvent</a>");
});

test("a browser sees the instances that run, with their state and last events", async () => {
  expect(await page(host)).toContain("<p>None.</p>");
  const done = await startInstance(host, "double", 1, "finished");
  await untilStatus(host, done, "Completed");
  const id = await startInstance(host, "approval", null, "a<b>");
  await host.until(async () => ((await page(host)).includes("waiting") ? true : undefined));
  const html = await page(host);
  expect(html).toContain(`<td>${id.replace("<b>", "&lt;b&gt;")}</td><td>approval</td><td>Running`);
  expect(html).toMatch(/\dZ ExecutionStarted approval<br>\S+ TimerCreated</);
  expect(html).not.toContain("finished");
});

test("with keys asked for, the page shows no instances", async () => {
  const app = join(import.meta.dirname, "keys-app");
  await using guarded = await startHost({ app, args: ["--auth"] });
  const html = await page(guarded);
  expect(html).toContain("With --auth the instances are not shown here.");
  expect(html).not.toContain("Running instances");
});
