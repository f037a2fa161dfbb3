import { DefaultAzureCredential } from "@azure/identity";
import {
  type BlobGetPropertiesResponse,
  BlobServiceClient,
  StorageSharedKeyCredential,
} from "@azure/storage-blob";
import { isLoopback } from "#emulators/kit/serve.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Azurite's account, the same everywhere. */
export const AZURITE_ACCOUNT = "devstoreaccount1";
export const AZURITE_KEY =
  "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/**
 * The account that a binding's `connection` names: a setting of that name (or with the prefix AzureWebJobs) that holds a
 * connection string, or `NAME__blobServiceUri`. Throws, naming the settings, when there is neither.
 */
export function blobService(connection: string, environment: Environment): BlobServiceClient {
  const names = [connection, `AzureWebJobs${connection}`];
  for (const name of names) {
    const text = environment[name];
    if (text) return BlobServiceClient.fromConnectionString(text);
    const uri = environment[`${name}__blobServiceUri`] ?? environment[`${name}__serviceUri`];
    if (uri) return new BlobServiceClient(uri, credentialFor(uri));
  }
  throw new Error(
    `The connection "${connection}" is not set. Set ${connection} to a connection string, or ${connection}__blobServiceUri to the account's blob URL.`,
  );
}

function credentialFor(uri: string) {
  // Azurite takes no token over plain HTTP.
  return isLoopback(new URL(uri).host)
    ? new StorageSharedKeyCredential(AZURITE_ACCOUNT, AZURITE_KEY)
    : new DefaultAzureCredential();
}

export interface LoadedBlob {
  readonly bytes: Buffer;
  readonly uri: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** As .NET serializes BlobProperties. */
  readonly properties: Readonly<Record<string, unknown>>;
}

/** Undefined when the blob or its container is gone. */
export async function loadBlob(
  service: BlobServiceClient,
  container: string,
  name: string,
): Promise<LoadedBlob | undefined> {
  const blob = service.getContainerClient(container).getBlobClient(name);
  try {
    const properties = await blob.getProperties();
    const bytes = properties.contentLength === 0 ? Buffer.alloc(0) : await blob.downloadToBuffer();
    const { metadata = {} } = properties;
    return { bytes, uri: blob.url, metadata, properties: dotnetProperties(properties) };
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return undefined;
    throw error;
  }
}

function dotnetProperties(blob: BlobGetPropertiesResponse): Readonly<Record<string, unknown>> {
  const hash = blob.contentMD5 && Buffer.from(blob.contentMD5).toString("base64");
  return {
    LastModified: blob.lastModified?.toISOString() ?? null,
    CreatedOn: blob.createdOn?.toISOString() ?? null,
    Metadata: blob.metadata ?? {},
    BlobType: 0,
    LeaseDuration: 0,
    LeaseState: 0,
    LeaseStatus: 1,
    ContentLength: blob.contentLength ?? 0,
    ContentType: blob.contentType ?? null,
    // .NET's ETag has no members to serialize.
    ETag: {},
    ContentHash: hash ?? null,
    ContentEncoding: blob.contentEncoding ?? null,
    AccessTier: blob.accessTier ?? null,
  };
}
