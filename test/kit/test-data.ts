import { BlobServiceClient } from "@azure/storage-blob";

/** Puts a blob into container `test-data`; another name than `{app}/data.jsonl` starts no pipeline. */
export async function putTestData(storage: string, blob: string, text: string): Promise<void> {
  const container = BlobServiceClient.fromConnectionString(storage).getContainerClient("test-data");
  await container.getBlockBlobClient(blob).upload(text, Buffer.byteLength(text));
}

/** Text of a blob of container `results`; null where it is not there. */
export async function readResult(storage: string, blob: string): Promise<string | null> {
  const container = BlobServiceClient.fromConnectionString(storage).getContainerClient("results");
  const client = container.getBlockBlobClient(blob);
  return (await client.exists()) ? (await client.downloadToBuffer()).toString() : null;
}
