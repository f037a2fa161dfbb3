import type { BlobGetPropertiesResponse, BlobServiceClient } from "@azure/storage-blob";

export interface LoadedBlob {
  readonly bytes: Buffer;
  readonly uri: string;
  /** In quotes, as in the header. */
  readonly etag: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** As .NET serializes BlobProperties. */
  readonly properties: Readonly<Record<string, unknown>>;
}

/** Undefined when the blob or its container is gone. Content and properties are of one version. */
export async function loadBlob(
  service: BlobServiceClient,
  container: string,
  name: string,
): Promise<LoadedBlob | undefined> {
  const blob = service.getContainerClient(container).getBlobClient(name);
  try {
    const properties = await blob.getProperties();
    const { metadata = {}, etag = "", contentLength } = properties;
    const conditions = { ifMatch: etag };
    const bytes =
      contentLength === 0
        ? Buffer.alloc(0)
        : await blob.downloadToBuffer(0, contentLength, { conditions });
    return {
      bytes,
      uri: blob.url,
      etag: quoted(etag),
      metadata,
      properties: dotnetProperties(properties),
    };
  } catch (error) {
    const { statusCode } = error as { statusCode?: number };
    if (statusCode === 404) return undefined;
    // Overwritten in between.
    if (statusCode === 412) return loadBlob(service, container, name);
    throw error;
  }
}

/** Writes a blob of the type that .NET's streams give it; makes the container if it is missing. */
export async function saveBlob(
  service: BlobServiceClient,
  container: string,
  name: string,
  content: Buffer,
): Promise<void> {
  const client = service.getContainerClient(container);
  const upload = () => client.getBlockBlobClient(name).uploadData(content);
  try {
    await upload();
  } catch (error) {
    if ((error as { code?: string }).code !== "ContainerNotFound") throw error;
    await client.createIfNotExists();
    await upload();
  }
}

/** A listing shows ETags without the quotes that a header has. */
export function quoted(etag: string): string {
  return etag.startsWith('"') ? etag : `"${etag}"`;
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
