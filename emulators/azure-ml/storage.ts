import { mkdir } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { Readable } from "node:stream";
import {
  BlobServiceClient,
  type ContainerClient,
  RestError,
  type StorageRetryOptions,
  StorageSharedKeyCredential,
} from "@azure/storage-blob";
import { messageOf } from "./work.ts";

/** The workspace's default datastore: one container, and how to reach it. */
export interface BlobStorage {
  readonly accountName: string;
  readonly accountKey: string;
  /** Of the account, e.g. `http://127.0.0.1:10000/devstoreaccount1`. */
  readonly url: string;
  /** `https`, or `http` for Azurite. */
  readonly protocol: string;
  /** `core.windows.net`, or Azurite's `127.0.0.1:10000` (then the account is the first path segment). */
  readonly endpoint: string;
  readonly containerName: string;
  /** Undefined when there is no such blob. */
  read(path: string): Promise<Buffer | undefined>;
  write(path: string, content: string | Buffer): Promise<void>;
  /** Sends the texts one after the other as they are made; each try makes them anew. */
  writeStream(path: string, content: Iterable<string>): Promise<void>;
  /** Paths of all blobs under a folder, sorted; `folder` without trailing slash. */
  list(folder: string): Promise<string[]>;
  /** Copies one blob into a local file, whose folder is made; false when there is no such blob. */
  downloadFile(path: string, into: string): Promise<boolean>;
  /** Copies what lies under `folder` into a local folder; resolves to the number of files. */
  download(folder: string, into: string): Promise<number>;
}

const AZURITE =
  "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1;";

/** What a stream is sent in; so many of them are held at most. */
const BLOCK_BYTES = 4 * 1024 * 1024;
const BLOCKS_AT_ONCE = 2;

const WAITS = { retryDelayInMs: 250, maxRetryDelayInMs: 4000 };
/** About six seconds in all: long enough for a start beside this one. */
const START_TRIES = 5;
/** Half a minute: a storage emulator that was killed is back by then, also on a machine that is busy. */
const TRIES = 11;

/** Makes the container if it is not there; rejects when the storage account does not answer. */
export async function openBlobStorage(
  connectionString: string,
  containerName: string,
  waits: StorageRetryOptions = WAITS,
): Promise<BlobStorage> {
  const account = readConnectionString(connectionString);
  const credential = new StorageSharedKeyCredential(account.accountName, account.accountKey);
  const containerIn = (maxTries: number) =>
    new BlobServiceClient(account.url, credential, {
      retryOptions: { ...waits, maxTries },
    }).getContainerClient(containerName);
  const starting = containerIn(START_TRIES);
  await starting.createIfNotExists().catch((error: unknown) => {
    const message = `The storage account at ${account.url} does not answer: ${messageOf(error)}.`;
    throw new Error(message, { cause: error });
  });
  return { ...account, containerName, ...blobsOf(containerIn(TRIES)) };
}

function blobsOf(
  container: ContainerClient,
): Pick<BlobStorage, "read" | "write" | "writeStream" | "list" | "downloadFile" | "download"> {
  const read = async (path: string) => {
    try {
      return await container.getBlobClient(path).downloadToBuffer();
    } catch (error) {
      if (error instanceof RestError && error.statusCode === 404) return undefined;
      throw error;
    }
  };
  const list = async (folder: string) => {
    const paths: string[] = [];
    try {
      for await (const { name } of container.listBlobsFlat({ prefix: `${folder}/` })) {
        paths.push(name);
      }
    } catch (error) {
      if (!(error instanceof RestError) || error.code !== "ContainerNotFound") throw error;
    }
    return paths.sort();
  };
  const withContainer = async (upload: () => Promise<unknown>) => {
    await upload().catch(async (error: unknown) => {
      if (!(error instanceof RestError) || error.code !== "ContainerNotFound") throw error;
      // A storage emulator that was killed may have lost the container.
      await container.createIfNotExists();
      await upload();
    });
  };
  return {
    read,
    list,
    async write(path, content) {
      const blob = container.getBlockBlobClient(path);
      await withContainer(() => blob.upload(content, Buffer.byteLength(content)));
    },
    async writeStream(path, content) {
      const blob = container.getBlockBlobClient(path);
      await withContainer(() => {
        const stream = Readable.from(content, { objectMode: false });
        return blob.uploadStream(stream, BLOCK_BYTES, BLOCKS_AT_ONCE);
      });
    },
    async downloadFile(path, into) {
      await mkdir(dirname(into), { recursive: true });
      try {
        await container.getBlobClient(path).downloadToFile(into);
        return true;
      } catch (error) {
        if (error instanceof RestError && error.statusCode === 404) return false;
        throw error;
      }
    },
    async download(folder, into) {
      const paths = await list(folder);
      for (const path of paths) {
        const file = localPath(into, path.slice(folder.length + 1));
        await mkdir(dirname(file), { recursive: true });
        await container.getBlobClient(path).downloadToFile(file);
      }
      return paths.length;
    },
  };
}

/** A blob's name may contain `..`; what it names must stay inside the folder. */
function localPath(folder: string, relative: string): string {
  const file = join(folder, relative);
  if (file.startsWith(folder + sep)) return file;
  throw new Error(`Blob ${relative} would be written outside its folder.`);
}

function readConnectionString(text: string) {
  const settings = connectionSettings(text.includes("UseDevelopmentStorage=true") ? AZURITE : text);
  const accountName = settings.get("AccountName");
  const accountKey = settings.get("AccountKey");
  if (!accountName || !accountKey) {
    throw new Error("The storage connection string lacks AccountName or AccountKey.");
  }
  const suffix = settings.get("EndpointSuffix") ?? "core.windows.net";
  const scheme = settings.get("DefaultEndpointsProtocol") ?? "https";
  const url = settings.get("BlobEndpoint") ?? `${scheme}://${accountName}.blob.${suffix}`;
  const { protocol, host, hostname } = new URL(url);
  const isLoopback = ["127.0.0.1", "localhost", "[::1]"].includes(hostname);
  return {
    accountName,
    accountKey,
    url,
    protocol: protocol.replace(":", ""),
    endpoint: isLoopback ? host : suffix,
  };
}

function connectionSettings(text: string): Map<string, string> {
  const pairs = text.split(";").filter((part) => part.includes("="));
  return new Map(
    pairs.map((part) => {
      const at = part.indexOf("=");
      return [part.slice(0, at).trim(), part.slice(at + 1).trim()];
    }),
  );
}
