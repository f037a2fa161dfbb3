import { DefaultAzureCredential } from "@azure/identity";
import { BlobServiceClient, StorageSharedKeyCredential } from "@azure/storage-blob";
import { QueueServiceClient } from "@azure/storage-queue";
import { isLoopback } from "#emulators/kit/serve.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Azurite's account, the same everywhere. */
const AZURITE_ACCOUNT = "devstoreaccount1";
const AZURITE_KEY =
  "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/** A caller waits for a queue; the client's own patience is minutes. */
const QUEUE_PATIENCE = {
  retryOptions: { maxTries: 2, retryDelayInMs: 200, tryTimeoutInMs: 10_000 },
};

/**
 * The account that a binding's `connection` names: a setting of that name (or with the prefix AzureWebJobs) that holds a
 * connection string, or `NAME__blobServiceUri`. Throws, naming the settings, when there is neither.
 */
export function blobService(connection: string, environment: Environment): BlobServiceClient {
  for (const name of settingNames(connection)) {
    const text = environment[name];
    if (text) return BlobServiceClient.fromConnectionString(text);
    const uri = environment[`${name}__blobServiceUri`] ?? environment[`${name}__serviceUri`];
    if (uri) return new BlobServiceClient(uri, credentialFor(uri));
  }
  throw new Error(notSet(connection, "blob"));
}

/** The queues of the account that a blob trigger's `connection` names; undefined when it tells of blobs only. */
export function queueService(
  connection: string,
  environment: Environment,
): QueueServiceClient | undefined {
  for (const name of settingNames(connection)) {
    const text = environment[name];
    if (text) return queuesOf(text);
    const uri = environment[`${name}__queueServiceUri`] ?? beside(environment, name);
    if (uri) return new QueueServiceClient(uri, credentialFor(uri), QUEUE_PATIENCE);
  }
  return undefined;
}

/** As `queueService`; throws, naming the settings, when the connection tells of no queues. */
export function requireQueueService(
  connection: string,
  environment: Environment,
): QueueServiceClient {
  const service = queueService(connection, environment);
  if (!service) throw new Error(notSet(connection, "queue"));
  return service;
}

function settingNames(connection: string): readonly string[] {
  return [connection, `AzureWebJobs${connection}`];
}

function notSet(connection: string, kind: "blob" | "queue"): string {
  return `The connection "${connection}" is not set. Set ${connection} to a connection string, or ${connection}__${kind}ServiceUri to the account's ${kind} URL.`;
}

function queuesOf(connectionString: string): QueueServiceClient | undefined {
  const has = (key: string) => new RegExp(`(^|;)\\s*${key}=`, "i").test(connectionString);
  if (has("BlobEndpoint") && !has("QueueEndpoint")) return undefined;
  // The client reads a key only beside a protocol; .NET's takes https without one.
  const isBare = has("AccountKey") && !has("DefaultEndpointsProtocol");
  const whole = isBare ? `DefaultEndpointsProtocol=https;${connectionString}` : connectionString;
  const withoutMark = whole.replace(/(SharedAccessSignature=)\?/i, "$1");
  return QueueServiceClient.fromConnectionString(withoutMark, QUEUE_PATIENCE);
}

/** In Azure an account's services differ in one label of the host name; an emulator's do not. */
function beside(environment: Environment, name: string): string | undefined {
  const blobs = environment[`${name}__blobServiceUri`];
  return blobs?.includes(".blob.") ? blobs.replace(".blob.", ".queue.") : undefined;
}

function credentialFor(uri: string) {
  // Azurite takes no token over plain HTTP.
  return isLoopback(new URL(uri).host)
    ? new StorageSharedKeyCredential(AZURITE_ACCOUNT, AZURITE_KEY)
    : new DefaultAzureCredential();
}
