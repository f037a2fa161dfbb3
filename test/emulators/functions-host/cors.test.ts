import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CorsSettings, corsSettings, withCors } from "#emulators/functions-host/cors.ts";
import { type HostProcess, startHost } from "./host-process.ts";

const SITE = "https://site.example";

let app: string;
let host: HostProcess;
beforeAll(async () => {
  app = await mkdtemp(join(tmpdir(), "app-"));
  const files = {
    "host.json": '{"version": "2.0"}',
    "package.json": '{"main": "main.js"}',
    "main.js": `require("@azure/functions-core").registerFunction(
      { name: "one", bindings: { t: { type: "httpTrigger", direction: "in", authLevel: "function" } } }, () => {});`,
    "local.settings.json": JSON.stringify({ Host: { CORS: `https://a.example, ${SITE}` } }),
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(app, name), text);
  host = await startHost({ app, args: ["--auth"] });
});
afterAll(async () => {
  await host[Symbol.asyncDispose]();
  await rm(app, { recursive: true, force: true });
});

interface Seen {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** `fetch` sets some of these headers itself. */
function call(method: string, path: string, headers: Record<string, string>): Promise<Seen> {
  return new Promise((resolve, reject) => {
    const sent = request(`${host.url}${path}`, { method, headers }, (answer) => {
      answer.resume();
      resolve({ status: answer.statusCode, headers: answer.headers });
    });
    sent.on("error", reject);
    sent.end();
  });
}

const preflight = (origin: string) => ({
  origin,
  "access-control-request-method": "PUT",
  "access-control-request-headers": "x-one",
});

test("a preflight of an allowed origin is told what it may do, any other gets a bare 204", async () => {
  const allowed = await call("OPTIONS", "/api/one", preflight(SITE));
  expect(allowed).toMatchObject({
    status: 204,
    headers: {
      "access-control-allow-origin": SITE,
      "access-control-allow-methods": "PUT",
      "access-control-allow-headers": "x-one",
    },
  });
  const other = await call("OPTIONS", "/api/one", preflight("https://evil.example"));
  expect(other.status).toBe(204);
  expect(Object.keys(other.headers).filter((name) => name.startsWith("access-"))).toEqual([]);
});

test.each(["/api/one", "/admin/host/status"])("a refusal at %s can be read too", async (path) => {
  expect(await call("GET", path, { origin: SITE })).toMatchObject({
    status: 401,
    headers: { "access-control-allow-origin": SITE, vary: "Origin" },
  });
});

test("without CORS settings nothing is added", async () => {
  const preflightOf = new Request("http://localhost/", {
    method: "OPTIONS",
    headers: preflight(SITE),
  });
  const answer = await withCors(preflightOf, corsSettings({}), async () => new Response("own"));
  expect([await answer.text(), [...answer.headers.keys()]]).toEqual(["own", ["content-type"]]);
});

test.each([
  { settings: { CORS: "*" }, expected: { "access-control-allow-origin": "*" } },
  {
    settings: { CORS: "*", CORSCredentials: true },
    expected: {
      "access-control-allow-origin": SITE,
      "access-control-allow-credentials": "true",
      vary: "Origin",
    },
  },
  {
    settings: { CORS: "HTTPS://SITE.EXAMPLE/" },
    expected: { "access-control-allow-origin": SITE, vary: "Origin" },
  },
])("the settings $settings give $expected", async ({ settings, expected }) => {
  const cors: CorsSettings | undefined = corsSettings(settings);
  const from = new Request("http://localhost/", { headers: { origin: SITE } });
  const answer = await withCors(from, cors, async () => new Response(null));
  expect(Object.fromEntries(answer.headers)).toEqual(expected);
});
