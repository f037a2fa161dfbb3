import { expect, test } from "vitest";
import {
  prepareEnvironment,
  readLocalSettings,
  resolveSettings,
} from "#emulators/functions-host/app-settings.ts";
import { readHostJson } from "#emulators/functions-host/host-json.ts";
import { aFolder } from "./a-folder.ts";

test.each([
  { text: "[]", message: 'host.json has to hold an object: it begins with "{"' },
  { text: "x\ny", message: /host\.json is not JSON: Unexpected token 'x', "x y" .*Correct it/ },
  {
    text: '{"functionTimeout": "soon"}',
    message: 'host.json: functionTimeout is "soon", expected hh:mm:ss.',
  },
  {
    text: '{"extensions": {"queues": {"visibilityTimeout": "5"}}}',
    message: 'host.json: extensions.queues.visibilityTimeout is "5", expected hh:mm:ss.',
  },
  {
    text: '{"extensions": {"queues": {"messageEncoding": "rot13"}}}',
    message: 'extensions.queues.messageEncoding is "rot13", expected one of base64, none.',
  },
])("the host.json $text is complained of in one line", async ({ text, message }) => {
  await using app = await aFolder({ "host.json": text });
  expect(() => readHostJson(app.path)).toThrow(message);
});

test("what host.json says of blobs, queues and timeouts is taken, behind a byte order mark too", async () => {
  const text = JSON.stringify({
    functionTimeout: "1.02:03:04",
    extensions: {
      blobs: { poisonBlobThreshold: 2, maxDegreeOfParallelism: 3 },
      queues: {
        batchSize: 4,
        maxDequeueCount: 5,
        visibilityTimeout: "00:01:30",
        messageEncoding: "None",
      },
    },
  });
  await using app = await aFolder({ "host.json": `\uFEFF${text}` });
  expect(readHostJson(app.path)).toMatchObject({
    timeoutMs: 93_784_000,
    blobs: { maxTries: 2, maxParallel: 3 },
    queues: { batchSize: 4, maxDequeueCount: 5, visibilitySeconds: 90, messageEncoding: "none" },
  });
});

test("a functionTimeout of -1 is none", async () => {
  await using app = await aFolder({ "host.json": '{"functionTimeout": "-1"}' });
  expect(readHostJson(app.path).timeoutMs).toBeUndefined();
});

test.each([
  {
    text: '{"IsEncrypted": true}',
    message: 'is encrypted, and only Core Tools on the machine that did it can read it. Run "func',
  },
  {
    text: '{"Values": {"A": {}}}',
    message: "local.settings.json: Values.A has to be text, as an environment variable is.",
  },
  { text: "null", message: "local.settings.json has to hold an object" },
])("the local.settings.json $text cannot be used", async ({ text, message }) => {
  await using app = await aFolder({ "local.settings.json": text });
  expect(() => readLocalSettings(app.path)).toThrow(message);
});

test("local.settings.json fills only what the environment lacks", async () => {
  await using app = await aFolder({
    "local.settings.json": '{"Values": {"ONE": "file", "TWO": "file", "N": 3}}',
  });
  const environment: Record<string, string | undefined> = { ONE: "own", NO_PROXY: "a,localhost" };
  prepareEnvironment(environment, app.path, 7071);
  expect(environment).toMatchObject({
    ONE: "own",
    TWO: "file",
    N: "3",
    WEBSITE_HOSTNAME: "localhost:7071",
    FUNCTIONS_WORKER_RUNTIME: "node",
    AZURE_FUNCTIONS_ENVIRONMENT: "Development",
    NO_PROXY: "a,localhost,127.0.0.1,::1",
    no_proxy: "127.0.0.1,localhost,::1",
  });
});

test("a setting between percent signs takes its value, one that is not set stays", () => {
  expect(resolveSettings("%A%/x/%B%", { A: "a" })).toBe("a/x/%B%");
});
