import type { BlockBlobClient } from "@azure/storage-blob";
import { z } from "zod";
import type { App, BundleFiles } from "#domain/bundle/bundle.ts";
import { PipelineError } from "#domain/errors.ts";
import { readApp } from "#domain/manifest/read-app.ts";
import { Digest } from "#domain/pipeline.ts";
import { readAll } from "./blob-text.ts";
import { guard, ifThere, type Storage, statusOf } from "./connect.ts";

const CONTAINER = "bundles";
/** Bundles kept in memory: a pipeline reads its own a dozen times. */
const MAX_KEPT = 8;
const MAX_TRIES = 10;

/** Which bundle of an app is `latest`. */
export const Latest = z.object({
  digest: Digest,
  /** Whether an accepted pipeline that may deploy made it latest, rather than the first PUT. */
  deployable: z.boolean(),
  /** When that pipeline was accepted, ISO 8601; "" for a first PUT. */
  since: z.string().default(""),
});
export type Latest = z.infer<typeof Latest>;

/** `readZip` unpacks what was stored. */
export function createBundles(
  storage: Storage,
  readZip: (zip: Uint8Array) => Promise<BundleFiles>,
) {
  const kept = new Map<string, Promise<App | null>>();

  async function blob(name: string): Promise<BlockBlobClient> {
    return (await storage.container(CONTAINER)).getBlockBlobClient(name);
  }

  async function load(app: string, digest: string): Promise<App | null> {
    const zip = await blob(zipName(app, digest));
    const content = await ifThere(`read bundle ${digest}`, () => zip.downloadToBuffer());
    if (content === null) return null;
    const read = readApp(await readZip(content), app);
    if (read.digest !== digest) {
      throw new PipelineError("BUNDLE_INVALID", `The stored bundle ${digest} is ${read.digest}.`);
    }
    return read;
  }

  function find(app: string, digest: string): Promise<App | null> {
    const key = `${app} ${digest}`;
    const reading = kept.get(key) ?? load(app, digest);
    // Set again, so that the one not read for longest is first in line to go.
    kept.delete(key);
    kept.set(key, reading);
    const forget = () => {
      if (kept.get(key) === reading) kept.delete(key);
    };
    reading.then((found) => found === null && forget(), forget);
    const oldest = kept.keys().next().value;
    if (kept.size > MAX_KEPT && oldest !== undefined) kept.delete(oldest);
    return reading;
  }

  async function readLatest(app: string): Promise<(Latest & { etag: string }) | null> {
    const file = await blob(`${app}/latest.json`);
    return ifThere(`read latest bundle of ${app}`, async () => {
      const { etag = "", readableStreamBody } = await file.download();
      const text = (await readAll(readableStreamBody)).toString("utf8");
      return { ...Latest.parse(JSON.parse(text)), etag };
    });
  }

  /** False when somebody else was faster. */
  async function writeLatest(app: string, latest: Latest, etag: string | null): Promise<boolean> {
    const file = await blob(`${app}/latest.json`);
    const text = JSON.stringify(latest);
    const conditions = etag === null ? { ifNoneMatch: "*" } : { ifMatch: etag };
    const headers = { blobContentType: "application/json" };
    const write = () =>
      file.upload(text, Buffer.byteLength(text), { conditions, blobHTTPHeaders: headers });
    try {
      await guard(`move latest bundle of ${app}`, write, [409, 412]);
      return true;
    } catch (error) {
      if (statusOf(error) === undefined) throw error;
      return false;
    }
  }

  return {
    /** Stores the zip unless it is there; the first one of an app becomes its latest. Answers whether it is new. */
    async put(app: string, digest: string, zip: Uint8Array): Promise<boolean> {
      const file = await blob(zipName(app, digest));
      const content = Buffer.from(zip.buffer, zip.byteOffset, zip.byteLength);
      const options = {
        conditions: { ifNoneMatch: "*" },
        blobHTTPHeaders: { blobContentType: "application/zip" },
      };
      const upload = () => file.upload(content, content.byteLength, options);
      const created = await guard(`store bundle ${digest}`, upload, [409, 412]).then(
        () => true,
        (error: unknown) => {
          if (statusOf(error) === undefined) throw error;
          return false;
        },
      );
      await writeLatest(app, { digest, deployable: false, since: "" }, null);
      kept.delete(`${app} ${digest}`);
      return created;
    },

    /** Null where the app has no such bundle. */
    find,

    /** The same; rejects with BUNDLE_UNKNOWN. */
    async read(app: string, digest: string): Promise<App> {
      const found = await find(app, digest);
      if (found !== null) return found;
      throw new PipelineError("BUNDLE_UNKNOWN", `${app} has no bundle ${digest}. PUT it first.`);
    },

    /** Null where nobody has sent a bundle of this app. */
    latest: (app: string): Promise<Latest | null> => readLatest(app),

    /** Makes the bundle of an accepted pipeline the latest; never back to one accepted earlier (`since`). */
    async moveLatest(app: string, digest: string, since: string): Promise<void> {
      for (let attempt = 1; attempt <= MAX_TRIES; attempt += 1) {
        const stored = await readLatest(app);
        if (stored !== null && stored.since >= since) return;
        const next = { digest, deployable: true, since };
        if (await writeLatest(app, next, stored?.etag ?? null)) return;
      }
      throw new PipelineError("AZURE_BUSY", `latest.json of ${app} keeps changing.`);
    },
  };
}

export type Bundles = ReturnType<typeof createBundles>;

function zipName(app: string, digest: string): string {
  return `${app}/${digest.replace("sha256:", "sha256-")}.zip`;
}
