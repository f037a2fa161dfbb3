import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  DURABLE,
  type HostProcess,
  startHost,
  startInstance,
  untilStatus,
} from "./host-process.ts";

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

/** The article of an instance, whose text begins with its state. */
function articleOf(html: string, id: string): string {
  const found = html.split("<article>").find((one) => one.includes(`>${id}</a><br>`));
  if (!found) throw new Error(`No ${id} in ${html}`);
  return found;
}

test("a browser sees the instances that run, with their state and last events", async () => {
  expect(await page(host)).toContain("<h2>Running instances</h2>\n<p>None.</p>");
  await startInstance(host, "approval", null, "a<b>");
  await host.until(async () => ((await page(host)).includes("waiting") ? true : undefined));
  const html = await page(host);
  const article = articleOf(html, "a&lt;b&gt;");
  expect(article).toContain('<b class="Running">Running</b> approval <a href="');
  expect(article).toContain(
    "/runtime/webhooks/durabletask/instances/a%3Cb%3E?showHistory=true&amp;",
  );
  expect(article).toContain("<p>Custom status &quot;waiting&quot;</p>");
  expect(article).toMatch(/Waits for timer until [-0-9]{10}T\S+; event approval</);
  expect(article).toMatch(/\dZ ExecutionStarted approval<\/li>\n<li>\S+ TimerCreated</);
  expect(html).not.toContain("a<b>");
});

test("a browser sees why an instance waits, and for how long", async () => {
  await startInstance(host, "callOne", { name: "wait", input: { ms: 60_000 } }, "working");
  await startInstance(host, "unknownActivity", null, "stuck");
  await startInstance(host, "terminatedChild", null, "parent");
  await startInstance(host, "approval", null, "paused");
  for (const id of ["working", "stuck", "parent", "paused", "parent-child"])
    await untilStatus(host, id, "Running");
  await host.call("POST", `${DURABLE}/instances/paused/suspend?reason=lunch`);
  await untilStatus(host, "paused", "Suspended");
  const html = await page(host);
  expect(articleOf(html, "working")).toMatch(/Waits for activity wait, for \d+ s</);
  expect(articleOf(html, "stuck")).toContain(
    "Waits for nothing that could come; the log says why.",
  );
  expect(articleOf(html, "parent")).toMatch(
    /sub-orchestration \w+ <a [^>]+>parent-child<\/a>, for/,
  );
  expect(articleOf(html, "paused")).toContain("<p>Suspended: lunch</p>");
});

test("a browser sees what ended lately, the latest first, with outputs and errors", async () => {
  await untilStatus(host, await startInstance(host, "double", 21, "finished"), "Completed");
  const message = "<script>boom";
  const id = await startInstance(host, "throws", { message }, "broken");
  await untilStatus(host, id, "Failed");
  const html = await page(host);
  const [running = "", ended = ""] = html.split("<h2>Ended lately</h2>");
  expect(running).not.toContain(">finished</a>");
  expect(ended.indexOf(">broken</a>")).toBeLessThan(ended.indexOf(">finished</a>"));
  expect(articleOf(ended, "finished")).toContain("<p>Output</p>\n<pre>{");
  expect(articleOf(ended, "broken")).toContain(
    "<p>Error</p>\n<pre>Orchestrator function 'throws' failed: &lt;script&gt;boom</pre>",
  );
});

test("with keys asked for, the page shows no instances", async () => {
  const app = join(import.meta.dirname, "keys-app");
  await using guarded = await startHost({ app, args: ["--auth"] });
  const html = await page(guarded);
  expect(html).toContain("With --auth the instances are not shown here.");
  expect(html).not.toContain("Running instances");
});
