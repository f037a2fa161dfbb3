import type { BlockBlobClient } from "@azure/storage-blob";
import type { App, BundleFiles } from "#domain/bundle/bundle.ts";
import { bundleDigest } from "#domain/bundle/digest.ts";
import { PipelineError } from "#domain/errors.ts";
import { readApp } from "#domain/manifest/read-app.ts";
import { ifThere, type Storage, won } from "./connect.ts";
import { createLatestBundles } from "./latest-bundles.ts";

const CONTAINER = "bundles";
/** Bundles kept in memory: a pipeline reads its own a dozen times. */
const MAX_KEPT = 8;
const ZIP = { blobHTTPHeaders: { blobContentType: "application/zip" } };

/** `readZip` unpacks what was stored. */
export function createBundles(
  storage: Storage,
  readZip: (zip: Uint8Array) => Promise<BundleFiles>,
) {
  const latest = createLatestBundles(storage);
  const kept = new Map<string, Promise<App | null>>();

  async function zipOf(app: string, digest: string): Promise<BlockBlobClient> {
    const name = `${app}/${digest.replace("sha256:", "sha256-")}.zip`;
    return (await storage.container(CONTAINER)).getBlockBlobClient(name);
  }

  async function load(app: string, digest: string): Promise<App | null> {
    const file = await zipOf(app, digest);
    const zip = await ifThere(`read bundle ${digest}`, () => file.downloadToBuffer());
    if (zip === null) return null;
    const files = await readZip(zip);
    const stored = bundleDigest(files);
    if (stored === digest) return readApp(files, app);
    const message = `Somebody replaced the blob ${CONTAINER}/${file.name}: its content has the digest ${stored}, so it is not the bundle that was uploaded, and nothing of it is run or deployed. Delete the blob, PUT the bundle again, and start another pipeline.`;
    throw new PipelineError("BUNDLE_INVALID", message);
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

  return {
    /** Stores the zip unless it is there; the first one of an app becomes its latest. Answers whether it is new. */
    async put(app: string, digest: string, zip: Uint8Array): Promise<boolean> {
      const file = await zipOf(app, digest);
      const content = Buffer.from(zip.buffer, zip.byteOffset, zip.byteLength);
      const options = { ...ZIP, conditions: { ifNoneMatch: "*" } };
      const isNew = await won(`store bundle ${digest}`, () =>
        file.upload(content, content.byteLength, options),
      );
      await latest.begin(app, digest);
      return isNew;
    },

    /** Rejects with BUNDLE_UNKNOWN where the app has no such bundle. */
    async read(app: string, digest: string): Promise<App> {
      const found = await find(app, digest);
      if (found !== null) return found;
      throw new PipelineError("BUNDLE_UNKNOWN", `${app} has no bundle ${digest}. PUT it first.`);
    },

    latest: latest.read,
    moveLatest: latest.move,
  };
}
