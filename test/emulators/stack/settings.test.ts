import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { urlsOf } from "#emulators/stack/layout.ts";
import { choosePorts } from "#emulators/stack/ports.ts";
import { readSample, writeLocalSettings } from "#emulators/stack/settings.ts";
import { anApp } from "./sandbox.ts";

test("--port-base moves the whole stack", async () => {
  expect(urlsOf(await choosePorts(9_000))).toEqual({
    functions: "http://127.0.0.1:9000",
    blob: "http://127.0.0.1:9001/devstoreaccount1",
    queue: "http://127.0.0.1:9002/devstoreaccount1",
    table: "http://127.0.0.1:9003/devstoreaccount1",
    azureMl: "http://127.0.0.1:9004",
    eventGrid: "http://127.0.0.1:9005",
    model: "http://127.0.0.1:9006",
  });
});

test("the default ports are the documented ones", async () => {
  expect(Object.values(await choosePorts("default"))).toEqual([
    7071, 10_000, 10_001, 10_002, 7081, 7082, 7083,
  ]);
});

test("local.settings.json points func at this stack and keeps what somebody put there", async () => {
  const app = anApp();
  const urls = urlsOf(await choosePorts(9_000));
  const path = join(app, "local.settings.json");
  writeFileSync(
    path,
    JSON.stringify({
      Values: { MINE: "kept", FLOWGATE_GITHUB_TOKEN: "kept", FLOWGATE_CREDENTIAL: "default" },
      Host: { CORS: "*" },
    }),
  );

  expect(writeLocalSettings(app, readSample(app), urls)).toBe(path);

  expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({
    IsEncrypted: false,
    Values: {
      MINE: "kept",
      FLOWGATE_GITHUB_TOKEN: "kept",
      FLOWGATE_CREDENTIAL: "emulator",
      FLOWGATE_ARM_ENDPOINT: "http://127.0.0.1:9004",
      FLOWGATE_EVENT_GRID_ENDPOINT: "http://127.0.0.1:9005/topics/flowgate/api/events",
      AzureWebJobsStorage: expect.stringContaining("BlobEndpoint=http://127.0.0.1:9001/"),
      FLOWGATE_STORAGE: expect.stringContaining("TableEndpoint=http://127.0.0.1:9003/"),
    },
    Host: { CORS: "*", LocalHttpPort: 9_000 },
  });
});

test.each([
  { text: "{", says: "cannot be read as JSON" },
  { text: "{}", says: 'has no "Values"' },
  { text: '{"Values":{}}', says: "has no value for FLOWGATE_" },
])("a settings file that cannot be used is named: $says", async ({ text, says }) => {
  const app = anApp();
  writeFileSync(join(app, "local.settings.sample.json"), text);
  const urls = urlsOf(await choosePorts(9_000));

  expect(() => writeLocalSettings(app, readSample(app), urls)).toThrow(says);
});
