import { once } from "node:events";
import { createServer, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Callers, watchCallers } from "#functions/callers.ts";

const server = createServer();
let callers: Callers;
beforeAll(async () => {
  callers = watchCallers();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, "close");
});

async function call(id: string) {
  const { port } = server.address() as AddressInfo;
  const sent = request({ port, host: "127.0.0.1", headers: { "x-ms-invocation-id": id } });
  sent.on("error", () => {});
  sent.end();
  const [, response] = (await once(server, "request")) as [unknown, ServerResponse];
  return { sent, response, caller: callers.find(id) };
}

test("a caller who reads nothing is ready again when he has read", async () => {
  const { sent, response, caller } = await call("slow");
  await caller.ready();
  response.write(Buffer.alloc(64 * 1024 * 1024));
  const order: string[] = [];
  const ready = caller.ready().then(() => order.push("ready"));
  const [answer] = await once(sent, "response");
  order.push("reads");
  answer.resume();
  await ready;

  expect(order).toEqual(["reads", "ready"]);
  response.end();
});

test("nobody waits for a caller who has gone", async () => {
  const { sent, response, caller } = await call("gone");
  response.write(Buffer.alloc(64 * 1024 * 1024));
  const ready = caller.ready();
  expect(caller.gone.aborted).toBe(false);
  sent.destroy();

  await expect(ready).rejects.toThrow("aborted");
  expect(caller.gone.aborted).toBe(true);
});

test("an answer that is broken off is no whole one", async () => {
  const { sent, response, caller } = await call("half");
  response.write("half");
  const [answer] = await once(sent, "response");
  caller.breakOff();

  await expect(answer.toArray()).rejects.toThrow("aborted");
});

test("where nothing is streamed nobody is waited for", async () => {
  await expect(callers.find("unknown").ready()).resolves.toBeUndefined();
});
