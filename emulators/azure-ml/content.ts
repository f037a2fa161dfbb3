import { createHash } from "node:crypto";
import { basename } from "node:path";
import { type Context, Hono } from "hono";
import { notFound } from "./errors.ts";
import { runSnapshotPath, snapshotsOf } from "./flow-service/snapshot.ts";
import { readBody, type Service, urlsFor } from "./service.ts";
import { containerSignature } from "./shared-access.ts";
import type { BlobStorage } from "./storage.ts";

interface SnapshotEntry {
  readonly name: string;
  readonly type: "Directory" | "File";
  readonly hash: string | null;
  readonly timestamp: string;
  readonly sasUrl: string | null;
  readonly absoluteUrl: string | null;
  readonly sizeBytes: number;
  readonly sizeSet: boolean;
  readonly children: Record<string, SnapshotEntry>;
}

const NO_TIME = "0001-01-01T00:00:00+00:00";

/** The flows of runs, as they were when the runs were submitted. */
export function contentRoutes(service: Service): Hono {
  return new Hono().post("/snapshots/sas", async (c) => {
    const { snapshotOrAssetId } = await readBody(c);
    const id = String(snapshotOrAssetId);
    const snapshot = snapshotsOf(service).read(id);
    if (!snapshot) throw notFound("Snapshot", id);
    return c.json(await treeOf(c, service.storage, runSnapshotPath(snapshot.runId)));
  });
}

async function treeOf(c: Context, storage: BlobStorage, folder: string): Promise<SnapshotEntry> {
  const root = directory("");
  const signature = containerSignature(storage, "r");
  for (const path of await storage.list(folder)) {
    const content = (await storage.read(path)) ?? Buffer.of();
    const absoluteUrl = blobUrl(c, storage, path);
    const parents = path
      .slice(folder.length + 1)
      .split("/")
      .slice(0, -1);
    parentOf(root, parents).children[basename(path)] = {
      name: basename(path),
      type: "File",
      hash: createHash("md5").update(content).digest("hex").toUpperCase(),
      timestamp: NO_TIME,
      sasUrl: `${absoluteUrl}?${signature}`,
      absoluteUrl,
      sizeBytes: content.length,
      sizeSet: true,
      children: {},
    };
  }
  return root;
}

function parentOf(root: SnapshotEntry, names: readonly string[]): SnapshotEntry {
  let entry = root;
  for (const name of names) {
    const child = entry.children[name] ?? directory(name);
    entry.children[name] = child;
    entry = child;
  }
  return entry;
}

function directory(name: string): SnapshotEntry {
  const nothing = { hash: null, timestamp: NO_TIME, sasUrl: null, absoluteUrl: null };
  return { name, type: "Directory", ...nothing, sizeBytes: 0, sizeSet: false, children: {} };
}

function blobUrl(c: Context, storage: BlobStorage, path: string): string {
  const account = urlsFor(c).account(storage);
  const segments = path.split("/").map(encodeURIComponent);
  return [account, storage.containerName, ...segments].join("/");
}
