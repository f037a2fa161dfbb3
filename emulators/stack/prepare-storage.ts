import { TableServiceClient } from "@azure/data-tables";
import { BlobServiceClient } from "@azure/storage-blob";
import { CONTAINERS, TABLES } from "./layout.ts";

/** Creates the containers and tables that the app expects; those that exist are left alone. */
export async function prepareStorage(connection: string): Promise<void> {
  const blobs = BlobServiceClient.fromConnectionString(connection);
  const tables = TableServiceClient.fromConnectionString(connection, {
    allowInsecureConnection: true,
  });
  await Promise.all([
    ...CONTAINERS.map((name) => blobs.getContainerClient(name).createIfNotExists()),
    ...TABLES.map((name) => tables.createTable(name)),
  ]);
}
