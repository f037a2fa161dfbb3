import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readSettings } from "#settings";

const REPOSITORY = join(import.meta.dirname, "../..");
const SAMPLE = (
  JSON.parse(readFileSync(join(REPOSITORY, "local.settings.sample.json"), "utf8")) as {
    Values: Readonly<Record<string, string>>;
  }
).Values;

const AZURE = {
  FLOWGATE_SUBSCRIPTION_ID: "sub-1",
  FLOWGATE_RESOURCE_GROUP: "group-1",
  FLOWGATE_WORKSPACE: "space-1",
  FLOWGATE_STORAGE__blobServiceUri: "https://store.blob.core.windows.net",
  FLOWGATE_STORAGE__tableServiceUri: "https://store.table.core.windows.net",
  FLOWGATE_EVENT_GRID_ENDPOINT: "https://topic.eventgrid.azure.net/api/events",
} as const;

const refused = (problems: readonly { path: string; message: unknown }[]) =>
  expect.objectContaining({ code: "SETTINGS_INVALID", problems });

describe("local.settings.sample.json", () => {
  test("has every setting that is read, and no other", () => {
    const source = readFileSync(join(REPOSITORY, "src/settings.ts"), "utf8");
    const read = new Set([...source.matchAll(/^\s+(FLOWGATE_\w+): /gm)].map(([, name]) => name));
    // A connection is a string in the sample; its other form is addresses and an identity.
    const identity = [...read].filter((name) => name?.startsWith("FLOWGATE_STORAGE__"));

    expect(Object.keys(SAMPLE)).toEqual([
      "FUNCTIONS_WORKER_RUNTIME",
      "languageWorkers__node__arguments",
      "AzureWebJobsStorage",
      "FLOWGATE_SUBSCRIPTION_ID",
      "FLOWGATE_RESOURCE_GROUP",
      "FLOWGATE_WORKSPACE",
      "FLOWGATE_STORAGE",
      "FLOWGATE_EVENT_GRID_ENDPOINT",
      "FLOWGATE_EVENT_GRID_KEY",
      "FLOWGATE_ARM_ENDPOINT",
      "FLOWGATE_CREDENTIAL",
      "FLOWGATE_GITHUB_TOKEN",
    ]);
    expect([...read].filter((name) => !identity.includes(name))).toEqual(
      Object.keys(SAMPLE).slice(3),
    );
    expect(identity).toEqual([
      "FLOWGATE_STORAGE__blobServiceUri",
      "FLOWGATE_STORAGE__queueServiceUri",
      "FLOWGATE_STORAGE__tableServiceUri",
      "FLOWGATE_STORAGE__credential",
      "FLOWGATE_STORAGE__clientId",
    ]);
  });

  test("points at the local stack", () => {
    expect(readSettings(SAMPLE)).toEqual({
      workspace: {
        subscriptionId: "00000000-0000-0000-0000-000000000001",
        resourceGroup: "flowgate",
        workspace: "local",
      },
      storage: { connectionString: "UseDevelopmentStorage=true" },
      storageClientId: undefined,
      eventGrid: {
        endpoint: "http://127.0.0.1:7082/topics/flowgate/api/events",
        key: "emulator",
      },
      armEndpoint: "http://127.0.0.1:7081",
      credential: "emulator",
      githubToken: undefined,
    });
  });
});

test("the app's identity signs for Azure's own address, where nothing else is said", () => {
  expect(readSettings({ ...AZURE, FLOWGATE_STORAGE__clientId: "client-1" })).toEqual({
    workspace: { subscriptionId: "sub-1", resourceGroup: "group-1", workspace: "space-1" },
    storage: {
      blobServiceUri: "https://store.blob.core.windows.net",
      tableServiceUri: "https://store.table.core.windows.net",
    },
    storageClientId: "client-1",
    eventGrid: { endpoint: "https://topic.eventgrid.azure.net/api/events", key: undefined },
    armEndpoint: "https://management.azure.com",
    credential: "default",
    githubToken: undefined,
  });
});

test("an empty optional setting counts as absent", () => {
  const empty = { FLOWGATE_ARM_ENDPOINT: "", FLOWGATE_CREDENTIAL: "", FLOWGATE_STORAGE: "" };

  expect(readSettings({ ...AZURE, ...empty })).toEqual(readSettings(AZURE));
});

test("every bad setting is reported at once, also what only several show", () => {
  const bad = {
    FLOWGATE_SUBSCRIPTION_ID: "",
    FLOWGATE_RESOURCE_GROUP: "group-1",
    FLOWGATE_EVENT_GRID_ENDPOINT: "topic",
    FLOWGATE_ARM_ENDPOINT: "https://management.azure.com",
    FLOWGATE_CREDENTIAL: "emulator",
  };

  expect(() => readSettings(bad)).toThrow(
    refused([
      { path: "FLOWGATE_SUBSCRIPTION_ID", message: "is required" },
      { path: "FLOWGATE_WORKSPACE", message: "is required" },
      {
        path: "FLOWGATE_EVENT_GRID_ENDPOINT",
        message: "must be a URL, such as https://example.org",
      },
      {
        path: "FLOWGATE_STORAGE",
        message:
          "a connection string, or FLOWGATE_STORAGE__blobServiceUri and FLOWGATE_STORAGE__tableServiceUri",
      },
      {
        path: "FLOWGATE_ARM_ENDPOINT",
        message: "must be a loopback address while FLOWGATE_CREDENTIAL is emulator",
      },
    ]),
  );
});

test("a credential is the default one or the emulator's", () => {
  expect(() => readSettings({ ...AZURE, FLOWGATE_CREDENTIAL: "emulated" })).toThrow(
    refused([
      {
        path: "FLOWGATE_CREDENTIAL",
        message: 'Invalid option: expected one of "default"|"emulator"',
      },
    ]),
  );
});

test("storage is a connection string, or the addresses of blobs and tables", () => {
  const { FLOWGATE_STORAGE__tableServiceUri: _, ...halfway } = AZURE;

  expect(() => readSettings(halfway)).toThrow(
    refused([
      {
        path: "FLOWGATE_STORAGE",
        message:
          "a connection string, or FLOWGATE_STORAGE__blobServiceUri and FLOWGATE_STORAGE__tableServiceUri",
      },
    ]),
  );
});

describe("nothing secret goes out in the open", () => {
  const message = "must be https, or a loopback address";

  test.each([
    "FLOWGATE_ARM_ENDPOINT",
    "FLOWGATE_EVENT_GRID_ENDPOINT",
    "FLOWGATE_STORAGE__blobServiceUri",
    "FLOWGATE_STORAGE__queueServiceUri",
    "FLOWGATE_STORAGE__tableServiceUri",
  ])("so %s is not plain http to another machine", (name) => {
    expect(() => readSettings({ ...AZURE, [name]: "http://gateway.example/x" })).toThrow(
      refused([{ path: name, message }]),
    );
  });

  test("but on this machine it may be", () => {
    const local = { ...AZURE, FLOWGATE_ARM_ENDPOINT: "http://[::1]:7081" };

    expect(readSettings(local).armEndpoint).toBe("http://[::1]:7081");
  });

  test("so a topic's key is for the emulator only", () => {
    expect(() => readSettings({ ...AZURE, FLOWGATE_EVENT_GRID_KEY: "key" })).toThrow(
      refused([
        {
          path: "FLOWGATE_EVENT_GRID_KEY",
          message: "is for the emulator only; in Azure the app's identity signs",
        },
      ]),
    );
  });
});

describe("the emulator's credential", () => {
  const message = "must be a loopback address while FLOWGATE_CREDENTIAL is emulator";

  test.each([
    ["FLOWGATE_ARM_ENDPOINT", "https://management.azure.com"],
    ["FLOWGATE_ARM_ENDPOINT", "http://127.0.0.1.example.org"],
    ["FLOWGATE_ARM_ENDPOINT", "http://10.0.0.7:7081"],
    ["FLOWGATE_EVENT_GRID_ENDPOINT", "https://topic.eventgrid.azure.net/api/events"],
    ["FLOWGATE_STORAGE", "AccountName=store;AccountKey=a2V5;EndpointSuffix=core.windows.net"],
    ["FLOWGATE_STORAGE", "BlobEndpoint=http://127.0.0.1:10000/a;AccountName=a;AccountKey=a2V5"],
    ["FLOWGATE_STORAGE", "BlobEndpoint=https://store.blob.core.windows.net;AccountName=store"],
  ])("is refused with %s %s", (name, value) => {
    expect(() => readSettings({ ...SAMPLE, [name]: value })).toThrow(
      refused([{ path: name, message }]),
    );
  });

  test("is refused with Azure's ARM where none is named", () => {
    expect(() => readSettings({ ...SAMPLE, FLOWGATE_ARM_ENDPOINT: "" })).toThrow(
      refused([{ path: "FLOWGATE_ARM_ENDPOINT", message }]),
    );
  });

  test("is refused with storage by identity off loopback, address by address", () => {
    const byIdentity = {
      FLOWGATE_STORAGE: "",
      FLOWGATE_STORAGE__blobServiceUri: "https://store.blob.core.windows.net",
      FLOWGATE_STORAGE__queueServiceUri: "https://store.queue.core.windows.net",
      FLOWGATE_STORAGE__tableServiceUri: "https://store.table.core.windows.net",
    };

    expect(() => readSettings({ ...SAMPLE, ...byIdentity })).toThrow(
      refused([
        { path: "FLOWGATE_STORAGE__blobServiceUri", message },
        { path: "FLOWGATE_STORAGE__queueServiceUri", message },
        { path: "FLOWGATE_STORAGE__tableServiceUri", message },
      ]),
    );
  });

  test.each(["http://127.0.0.1:9081", "http://localhost:9081", "http://[::1]:9081"])(
    "is accepted with %s",
    (address) => {
      expect(readSettings({ ...SAMPLE, FLOWGATE_ARM_ENDPOINT: address })).toMatchObject({
        credential: "emulator",
        armEndpoint: address,
      });
    },
  );
});
