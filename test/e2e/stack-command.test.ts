import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { get } from "node:https";
import { join } from "node:path";
import { expect, test } from "vitest";
import { gone } from "#emulators/kit/processes.ts";
import { serve } from "#emulators/kit/serve.ts";
import { aFreePort } from "#kit/free-port.ts";
import { partsOf, StackProcess } from "#kit/stack-process.ts";

test("npm start prints its addresses, tells them in stack.json, and Ctrl-C ends all of it with exit code 0", async () => {
  await using stack = await StackProcess.create();
  const file = await stack.start();

  const at = (offset: number) => `http://127.0.0.1:${stack.portBase + offset}`;
  const account = (offset: number) => `${at(offset)}/devstoreaccount1`;
  const pid = expect.any(Number);
  expect(file).toEqual({
    pid,
    pids: { functions: pid, azurite: pid, azureMl: pid, eventGrid: pid, model: pid },
    startedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    functions: at(0),
    blob: account(1),
    queue: account(2),
    table: account(3),
    azureMl: at(4),
    eventGrid: at(5),
    model: at(6),
    subscription: "00000000-0000-0000-0000-000000000001",
    resourceGroup: "flowgate",
    workspace: "local",
    topic: "flowgate",
  });
  const health = await fetch(`${file.functions}/api/health`);
  expect(await health.json()).toEqual({ status: "ready", version: expect.any(String) });

  expect(await stack.end("SIGINT")).toBe(0);

  for (const url of [file.functions, file.blob, file.queue, file.table, file.azureMl]) {
    expect(stack.printed).toContain(url);
  }
  for (const url of [file.eventGrid, file.model]) expect(stack.printed).toContain(url);
  expect(existsSync(stack.stackFile)).toBe(false);
  expect(await gone([file.pid, ...partsOf(file)], 0)).toEqual([]);
});

test("npm start --tls opens Azure ML to whoever trusts its authority, and prints what a stock client needs", async () => {
  await using stack = await StackProcess.create();
  const port = await aFreePort();

  const { tls } = await stack.start("--tls", String(port));

  expect(tls).toEqual({
    url: `https://localhost:${port}`,
    authority: join(stack.data, "azure-ml/tls/ca.pem"),
  });
  const ca = readFileSync(tls?.authority ?? "");
  const asked = get({ host: "127.0.0.1", port, servername: "localhost", path: "/", ca });
  const [answer] = await once(asked, "response");
  expect(answer.statusCode).toBe(200);
  answer.resume();
  await stack.end("SIGINT");
  expect(stack.printed).toContain(`  export HTTPS_PROXY=http://127.0.0.1:${port}\n`);
  expect(stack.printed).toContain(`NODE_EXTRA_CA_CERTS="${tls?.authority}"\n`);
});

test("a taken port is said with whose it would be, exit code 1, and nothing is started", async () => {
  await using stack = await StackProcess.create();
  const port = stack.portBase + 4;
  await using _taken = await serve(() => new Response(), port);

  const [code] = await once(stack.spawn(), "close");

  expect(code).toBe(1);
  expect(stack.printed).toBe(
    `Port ${port} on 127.0.0.1, for Azure ML, is taken.\nStop what listens there, or move the whole stack with --port-base N.\n`,
  );
  expect(existsSync(stack.stackFile)).toBe(false);
});

test("a missing Python is said in a sentence, exit code 1, and nothing is started", async () => {
  await using stack = await StackProcess.create();

  const [code] = await once(stack.spawn("--python", "python-of-nobody"), "close");

  expect(code).toBe(1);
  expect(stack.printed).toMatch(/^[^\n]*python-of-nobody[^\n]*\n$/);
  expect(existsSync(stack.stackFile)).toBe(false);
});
