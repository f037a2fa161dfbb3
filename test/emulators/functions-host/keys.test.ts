import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { KeyRing } from "#emulators/functions-host/keys.ts";
import { DURABLE, type HostProcess, startHost } from "./host-process.ts";

interface Keys {
  readonly master: string;
  readonly host: { readonly default: string };
  readonly system: Readonly<Record<string, string>>;
  readonly functions: Readonly<Record<string, { readonly default: string }>>;
}

let data: string;
let file: string;
let keys: Readonly<Record<string, string>>;
let host: HostProcess;
beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), "functions-host-"));
  file = join(data, "functions-host/keys.json");
  const app = join(import.meta.dirname, "keys-app");
  host = await startHost({ app, data, args: ["--auth"] });
  const {
    master,
    host: hostKeys,
    system,
    functions,
  } = JSON.parse(await readFile(file, "utf8")) as Keys;
  keys = {
    none: "",
    wrong: "wrong",
    master,
    host: hostKeys.default,
    own: functions["of-function"]?.default ?? "",
    other: functions.other?.default ?? "",
    durable: system.durabletask_extension ?? "",
    events: system.eventgrid_extension ?? "",
  };
});
afterAll(async () => {
  await host[Symbol.asyncDispose]();
  await rm(data, { recursive: true, force: true });
});

const get = (path: string, key: string) => {
  const code = keys[key] ? `?code=${keys[key]}` : "";
  return fetch(`${host.url}${path}${code}`, { redirect: "manual" });
};

test.each([
  ["/api/of-anonymous", { none: 200, wrong: 200 }],
  [
    "/api/of-function",
    { none: 401, wrong: 401, own: 200, other: 401, host: 200, master: 200, durable: 401 },
  ],
  ["/api/of-admin", { none: 401, own: 401, host: 401, master: 200, durable: 401 }],
  ["/admin/host/status", { none: 401, wrong: 401, own: 403, host: 403, master: 200 }],
  ["/admin/host/ping", { none: 200 }],
  [
    `${DURABLE}/instances`,
    { none: 401, wrong: 401, host: 403, own: 403, events: 403, durable: 200, master: 200 },
  ],
])("%s answers by key: %o", async (path, expected) => {
  const answers = Object.keys(expected).map(async (key) => [key, (await get(path, key)).status]);
  expect(Object.fromEntries(await Promise.all(answers))).toEqual(expected);
});

test("the admin endpoints name the scheme, and the header wins over the query", async () => {
  const refused = await get("/admin/host/status", "none");
  expect(refused.headers.get("www-authenticate")).toBe("Bearer");
  const url = `${host.url}/api/of-function`;
  const right = { headers: { "x-functions-key": keys.own ?? "" } };
  expect((await fetch(`${url}?code=wrong`, right)).status).toBe(200);
  const wrong = { headers: { "x-functions-key": "wrong" } };
  expect((await fetch(`${url}?code=${keys.own}`, wrong)).status).toBe(401);
});

test("the management URLs of a start carry the key they need", async () => {
  const byApp = await get("/api/start", "none");
  const byWebhook = await fetch(`${host.url}${DURABLE}/orchestrators/soon?code=${keys.durable}`, {
    method: "POST",
  });
  for (const answer of [byApp, byWebhook]) {
    const { statusQueryGetUri } = (await answer.json()) as { statusQueryGetUri: string };
    expect(new URL(statusQueryGetUri).searchParams.get("code")).toBe(keys.durable);
    expect((await fetch(statusQueryGetUri)).ok).toBe(true);
    expect(new URL(answer.headers.get("location") ?? "").searchParams.get("code")).toBe(
      keys.durable,
    );
  }
});

test("keys are kept in a file of their owner's, and a new function gets one beside them", async () => {
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const before = JSON.parse(await readFile(file, "utf8")) as Keys;
  const ring = new KeyRing(file, ["of-function", "added"]);
  const after = JSON.parse(await readFile(file, "utf8")) as Keys;
  expect(after).toMatchObject(before);
  expect(ring.holderOf(after.functions.added?.default ?? "")).toEqual({
    level: "function",
    name: "added",
  });
  expect(ring.holderOf("wrong")).toBeUndefined();
});

test("a file of keys that cannot be read is named", async () => {
  const broken = join(data, "broken.json");
  await writeFile(broken, "{");
  expect(() => new KeyRing(broken, [])).toThrow(
    `${broken}, which keeps the host's keys, is not JSON. Correct it, or remove it for new keys.`,
  );
});
