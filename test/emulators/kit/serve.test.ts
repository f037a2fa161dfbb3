import { request } from "node:http";
import { expect, test } from "vitest";
import { type Emulator, serve } from "#emulators/kit/serve.ts";

const hello = () => new Response("hello");

function statusFor(emulator: Emulator, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const call = request(emulator.url, { headers: { host } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    call.on("error", reject).end();
  });
}

test.each(["127.0.0.1", "127.0.0.1:7081", "localhost", "LOCALHOST:1", "[::1]", "[::1]:7081"])(
  "%s is a loopback name",
  async (host) => {
    await using emulator = await serve(hello);

    expect(await statusFor(emulator, host)).toBe(200);
  },
);

test.each(["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "127.0.0.2"])(
  "%s in Host is refused: a web page may be behind it",
  async (host) => {
    await using emulator = await serve(hello);

    expect(await statusFor(emulator, host)).toBe(403);
  },
);

test("a taken port is named", async () => {
  await using first = await serve(hello);

  await expect(serve(hello, first.port)).rejects.toThrow(
    new Error(
      `Port ${first.port} on 127.0.0.1 is taken. Stop what listens there, or name another with --port.`,
    ),
  );
});

test("disposing ends open connections and frees the port", async () => {
  const first = await serve(() => new Promise<Response>(() => {}));
  const open = fetch(first.url);
  const closed = expect(open).rejects.toThrow("fetch failed");
  await first[Symbol.asyncDispose]();
  await closed;

  await using second = await serve(hello, first.port);

  expect(second.url).toBe(first.url);
});
