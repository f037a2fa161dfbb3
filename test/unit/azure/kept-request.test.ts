import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { keptRequest } from "#azure/kept-request.ts";

async function aServer(listener: RequestListener) {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const get = (url: string, timeoutMs: number) =>
  keptRequest(url, { method: "GET", headers: {}, body: null, timeoutMs });

test("a call that nobody answers ends when its time is over, and says so", async () => {
  await using server = await aServer(() => {});

  await expect(get(server.url, 50)).rejects.toThrow("it took longer than 0.05 s");
});

test("an answer that stops half-way ends when its time is over, and says so", async () => {
  await using server = await aServer((_request, response) => {
    response.write("half of it");
  });

  const answer = await get(server.url, 100);
  await expect(answer.text()).rejects.toThrow("it took longer than 0.1 s");
});

test("an answer in time is whole: its text without a byte order mark, its headers by any case", async () => {
  await using server = await aServer((_request, response) => {
    response.writeHead(404, { "X-Id": "1", "Set-Cookie": ["a", "b"] });
    response.write(Buffer.from([0xef, 0xbb, 0xbf, 0xe2, 0x82]));
    response.end(Buffer.from([0xac]));
  });

  const answer = await get(server.url, 10_000);
  expect(answer).toMatchObject({ ok: false, status: 404 });
  expect(answer.headers.get("x-ID")).toBe("1");
  expect(answer.headers.get("set-cookie")).toBe("a, b");
  expect(answer.headers.get("other")).toBeNull();
  expect(await answer.text()).toBe("€");
});

test("one connection serves calls that follow each other", async () => {
  const ports = new Set<number | undefined>();
  await using server = await aServer((request, response) => {
    ports.add(request.socket.remotePort);
    response.end("fine");
  });

  for (let call = 0; call < 3; call += 1) await (await get(server.url, 10_000)).text();
  expect(ports.size).toBe(1);
});
