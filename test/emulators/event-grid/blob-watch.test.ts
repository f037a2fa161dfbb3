import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BlobServiceClient, type ContainerClient } from "@azure/storage-blob";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { type Azurite, startAzurite } from "#emulators/azurite/start-azurite.ts";
import { type EventGridOptions, startEventGrid } from "#emulators/event-grid/start-event-grid.ts";
import { ManualClock } from "#emulators/kit/clock.ts";
import { type Endpoint, startEndpoint } from "./endpoint.ts";

let azurite: Azurite;
let containers = 0;

beforeAll(async () => {
  azurite = await startAzurite({ data: mkdtempSync(join(tmpdir(), "azurite-")) });
});
afterAll(() => azurite[Symbol.asyncDispose]());

const storage = () => BlobServiceClient.fromConnectionString(azurite.connectionString);
const folder = () => mkdtempSync(join(tmpdir(), "event-grid-"));

async function createContainer(): Promise<ContainerClient> {
  containers += 1;
  const container = storage().getContainerClient(`test-data-${containers}`);
  await container.create();
  return container;
}

async function upload(container: ContainerClient, name: string, content = "{}"): Promise<void> {
  const options = { blobHTTPHeaders: { blobContentType: "application/jsonl" } };
  await container.getBlockBlobClient(name).upload(content, content.length, options);
}

/** Started again and again by some tests: everything it needs to go on is in `data`. */
function watching(container: ContainerClient, host: Endpoint, options: EventGridOptions = {}) {
  return startEventGrid({
    storage: azurite.connectionString,
    watch: container.containerName,
    blobsWebhook: `${host.url}/runtime/webhooks/blobs?functionName=Host.Functions.startPipelineOnData`,
    ...options,
  });
}

async function aHost(): Promise<Endpoint> {
  const host = await startEndpoint();
  onTestFinished(() => host[Symbol.asyncDispose]());
  return host;
}

function subjects(host: Endpoint): string[] {
  return host.received.map(({ body }) => {
    const [event] = body as { subject: string }[];
    return event?.subject.split("/blobs/")[1] ?? "";
  });
}

test("a new blob is told to the webhook as the storage account's system topic would", async () => {
  const [container, host] = [await createContainer(), await aHost()];
  await using _ = await watching(container, host);

  await upload(container, "web classification/data.jsonl", '{"a":1}');
  await host.got(1);

  const { etag, lastModified } = await container
    .getBlobClient("web classification/data.jsonl")
    .getProperties();
  const [seen] = host.received;
  expect(seen?.headers.get("aeg-event-type")).toBe("Notification");
  expect(seen?.body).toEqual([
    {
      topic: expect.stringMatching(
        /^\/subscriptions\/.+\/providers\/Microsoft\.Storage\/storageAccounts\/devstoreaccount1$/,
      ),
      subject: `/blobServices/default/containers/${container.containerName}/blobs/web classification/data.jsonl`,
      eventType: "Microsoft.Storage.BlobCreated",
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      data: {
        api: "PutBlob",
        clientRequestId: expect.any(String),
        requestId: expect.any(String),
        eTag: etag?.replaceAll('"', ""),
        contentType: "application/jsonl",
        contentLength: 7,
        blobType: "BlockBlob",
        url: `${container.url}/web%20classification/data.jsonl`,
        sequencer: expect.stringMatching(/^[0-9A-F]{48}$/),
        storageDiagnostics: { batchId: expect.any(String) },
      },
      dataVersion: "",
      metadataVersion: "1",
      eventTime: lastModified?.toISOString(),
    },
  ]);
});

test("blobs of before the first start are old; a new version of one is new", async () => {
  const [container, host] = [await createContainer(), await aHost()];
  await upload(container, "old");
  await upload(container, "changing");
  await using _ = await watching(container, host);

  await upload(container, "changing", "[]");
  await host.got(1);

  expect(subjects(host)).toEqual(["changing"]);
});

test("a restart neither repeats what was told nor forgets what came in between", async () => {
  const [container, host, data] = [await createContainer(), await aHost(), folder()];
  {
    await using _ = await watching(container, host, { data });
    await upload(container, "told");
    await host.got(1);
  }
  await upload(container, "between");

  await using _ = await watching(container, host, { data });
  await host.got(2);
  await upload(container, "after");
  await host.got(3);

  expect(subjects(host)).toEqual(["told", "between", "after"]);
});

test("a blob that was deleted and comes again is told again", async () => {
  const [container, host] = [await createContainer(), await aHost()];
  await using _ = await watching(container, host);
  await upload(container, "a");
  await host.got(1);

  await container.deleteBlob("a");
  await upload(container, "a");
  await host.got(2);

  expect(subjects(host)).toEqual(["a", "a"]);
});

test.each([503, 404, 401, 400])(
  "a host that answers %i is tried until it takes the event",
  async (status) => {
    const [container, host] = [await createContainer(), await aHost()];
    const warnings: string[] = [];
    const warn = (message: string) => void warnings.push(message);
    await using _ = await watching(container, host, { warn });
    host.answers.push(status, status);

    await upload(container, "a");
    await host.got(3);

    expect(subjects(host)).toEqual(["a", "a", "a"]);
    expect(warnings).toEqual([expect.stringContaining(`(it answered ${status})`)]);
  },
);

test("an event that no host took is told after a restart, under the same id", async () => {
  const [container, host, data] = [await createContainer(), await aHost(), folder()];
  {
    const clock = new ManualClock();
    await using _ = await watching(container, host, { data, clock });
    host.answers.push(500);
    await upload(container, "a");
    clock.advance(300);
    await expect
      .poll(() => {
        clock.advance(1);
        return host.received.length;
      })
      .toBe(1);
  }

  await using _ = await watching(container, host, { data });
  await host.got(2);

  const ids = host.received.map(({ body }) => (body as { id: string }[])[0]?.id);
  expect(new Set(ids).size).toBe(1);
});

test("a container that is created later is watched from then on", async () => {
  const host = await aHost();
  const later = storage().getContainerClient("created-later");
  await using _ = await watching(later, host);

  await later.create();
  await upload(later, "a");
  await host.got(1);

  expect(subjects(host)).toEqual(["a"]);
});

test("storage that cannot be reached at the first start is an error that names it", async () => {
  const nowhere = azurite.connectionString.replace(azurite.blob, "http://127.0.0.1:9/nobody");
  const [container, host] = [await createContainer(), await aHost()];

  await expect(watching(container, host, { storage: nowhere })).rejects.toThrow(
    `The container ${container.containerName} cannot be listed at http://127.0.0.1:9/nobody/${container.containerName}`,
  );
});

test("what to watch and whom to tell belong together", async () => {
  await expect(startEventGrid({ blobsWebhook: "http://127.0.0.1:1/" })).rejects.toThrow(
    "--storage and --blobs-webhook belong together",
  );
});
