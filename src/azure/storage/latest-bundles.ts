import type { BlockBlobClient } from "@azure/storage-blob";
import { z } from "zod";
import { PipelineError } from "#domain/errors.ts";
import { Digest } from "#domain/pipeline.ts";
import { readAll, uploadText } from "./blob-text.ts";
import { ifThere, type Storage, won } from "./connect.ts";

const CONTAINER = "bundles";
const MAX_TRIES = 20;

/** Which bundle of an app is `latest`. */
export const Latest = z.object({
  digest: Digest,
  /** Whether an accepted pipeline that may deploy made it latest, rather than the first PUT. */
  deployable: z.boolean(),
  /** When that pipeline was accepted, ISO 8601; "" for a first PUT. */
  since: z.string().default(""),
});
export type Latest = z.infer<typeof Latest>;

/** `{app}/latest.json` of every app. */
export function createLatestBundles(storage: Storage) {
  async function blob(app: string): Promise<BlockBlobClient> {
    return (await storage.container(CONTAINER)).getBlockBlobClient(`${app}/latest.json`);
  }

  async function read(app: string): Promise<(Latest & { etag: string }) | null> {
    const file = await blob(app);
    return ifThere(`read latest bundle of ${app}`, async () => {
      const { etag = "", readableStreamBody } = await file.download();
      const text = (await readAll(readableStreamBody)).toString("utf8");
      return { ...Latest.parse(JSON.parse(text)), etag };
    });
  }

  /** False when somebody else was faster. */
  async function write(app: string, latest: Latest, etag: string | null): Promise<boolean> {
    const file = await blob(app);
    const conditions = etag === null ? { ifNoneMatch: "*" } : { ifMatch: etag };
    const text = JSON.stringify(latest);
    return won(`move latest bundle of ${app}`, () =>
      uploadText(file, text, "application/json", conditions),
    );
  }

  return {
    /** Null where nobody has sent a bundle of this app. */
    async read(app: string): Promise<Latest | null> {
      const found = await read(app);
      if (found === null) return null;
      const { etag: _, ...latest } = found;
      return latest;
    },

    /** The first bundle of an app is its latest; any other changes nothing. */
    async begin(app: string, digest: string): Promise<void> {
      await write(app, { digest, deployable: false, since: "" }, null);
    },

    /** Makes the bundle of an accepted pipeline the latest; never back to one accepted earlier (`since`). */
    async move(app: string, digest: string, since: string): Promise<void> {
      for (let attempt = 1; attempt <= MAX_TRIES; attempt += 1) {
        const stored = await read(app);
        if (stored !== null && stored.since >= since) return;
        if (await write(app, { digest, deployable: true, since }, stored?.etag ?? null)) return;
      }
      throw new PipelineError("AZURE_BUSY", `latest.json of ${app} keeps changing.`);
    },
  };
}
