import { BlobServiceClient } from "@azure/storage-blob";
import { expect, test } from "vitest";
import { connectionStringOf } from "#emulators/azurite/start-azurite.ts";
import { startStorageDoor } from "#emulators/azurite/storage-door.ts";
import { systemClock } from "#emulators/kit/clock.ts";
import { startStorage } from "#kit/storage.ts";

test("storage behind a door is the same storage, whose requests are logged and can be broken", async () => {
  await using behind = await startStorage();
  const at = (name: string) =>
    new RegExp(`${name}=([^;]+)`).exec(behind.connectionString)?.[1] ?? "";
  const urls = {
    blob: at("BlobEndpoint"),
    queue: at("QueueEndpoint"),
    table: at("TableEndpoint"),
  };
  await using door = await startStorageDoor(urls, systemClock);
  const connect = (text: string) =>
    BlobServiceClient.fromConnectionString(text, { retryOptions: { maxTries: 1 } });
  const container = connect(connectionStringOf(door)).getContainerClient("things");
  await container.create();
  await container.getBlockBlobClient("a/b.txt").upload("hello", 5);

  const same = connect(behind.connectionString).getContainerClient("things");
  const there = await same.getBlockBlobClient("a/b.txt").downloadToBuffer();
  expect(there.toString()).toBe("hello");
  const length = (await container.getBlockBlobClient("a/b.txt").getProperties()).contentLength;
  expect(length).toBe(5);

  const fault = { method: "GET", path: "/things/", do: { status: 503 } };
  await fetch(`${door.url}/_emulator/faults`, { method: "POST", body: JSON.stringify(fault) });
  const read = () => container.getBlockBlobClient("a/b.txt").downloadToBuffer();
  await expect(read()).rejects.toMatchObject({ statusCode: 503 });
  expect((await read()).toString()).toBe("hello");

  const seen = await fetch(`${door.url}/_emulator/requests`);
  const { items } = (await seen.json()) as { items: { method: string; status: number }[] };
  expect(items.map(({ method, status }) => `${method} ${status}`)).toEqual([
    ...["PUT 201", "PUT 201", "HEAD 200"],
    ...["HEAD 200", "GET 503"],
    ...["HEAD 200", "GET 206"],
  ]);
});
