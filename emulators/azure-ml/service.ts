import type { Context } from "hono";
import type { FlowEngine } from "#emulators/azure-ml/engine/engine.ts";
import type { BackDoor } from "#emulators/kit/back-door.ts";
import type { Clock } from "#emulators/kit/clock.ts";
import type { DatastoreCredentials } from "./arm/datastores.ts";
import type { WorkspaceConnection } from "./connections/connection.ts";
import type { CoreLimits } from "./core-quota.ts";
import { Refusal } from "./errors.ts";
import { servedUrls } from "./front/azure-names.ts";
import type { Latency } from "./latency.ts";
import { CALLER, type Place } from "./place.ts";
import type { BlobStorage } from "./storage.ts";
import type { Documents } from "./store/documents.ts";
import type { RunLines } from "./store/run-lines.ts";
import type { Work } from "./work.ts";

/** What the workspaces share: the directory, the region's cores, the time. */
export interface Region {
  /** In the order in which they were named; there is one at least. */
  readonly workspaces: readonly Service[];
  readonly clock: Clock;
  readonly latency: Latency;
  /** What lies outside of workspaces: identities, role assignments, operations. */
  readonly shared: Documents;
  readonly engine: FlowEngine;
  /** Of the storage account; it is made if it is not there. */
  readonly openContainer: (name: string) => Promise<BlobStorage>;
  readonly backDoor: BackDoor;
  readonly work: Work;
  readonly connections: readonly WorkspaceConnection[];
  readonly coreLimits: CoreLimits;
  readonly datastoreCredentials: DatastoreCredentials;
  /** 0 up to, but not including, 1. */
  readonly random: () => number;
  /** One structured line; never a row's content, never a secret. */
  readonly log: (event: string, fields: Readonly<Record<string, unknown>>) => void;
}

/** What every part of a workspace works with. */
export interface Service extends Region {
  readonly place: Place;
  readonly documents: Documents;
  readonly runLines: RunLines;
  readonly storage: BlobStorage;
  /** Milliseconds since the epoch. */
  readonly openedAt: number;
  /** Sessions that are up, and into which packages are being installed. */
  readonly provisioning: Set<string>;
  /** Absolute path of what is kept of this workspace. */
  readonly folder: string;
}

/** `http://127.0.0.1:7081`, as the caller named it. */
export function originOf(c: Context): string {
  return new URL(c.req.url).origin;
}

/** The URLs that an answer to this caller names. */
export function urlsFor(c: Context) {
  return servedUrls(originOf(c));
}

/** Who made a resource, and when. */
export function systemData(createdAt: number) {
  const at = new Date(createdAt).toISOString();
  return {
    createdBy: CALLER,
    createdByType: "Application",
    createdAt: at,
    lastModifiedBy: CALLER,
    lastModifiedByType: "Application",
    lastModifiedAt: at,
  };
}

/** Rejects with 400 for a body that is not a JSON object; an empty one is `{}`. */
export async function readBody(c: Context): Promise<Record<string, unknown>> {
  const text = await c.req.text();
  if (text.trim() === "") return {};
  const body = parseJson(text);
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new Refusal(400, "InvalidRequestContent", "The request body is not a JSON object.");
  }
  return body as Record<string, unknown>;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Milliseconds since the epoch as `2026-01-01T00:00:00.0000000+00:00`, the data plane's form. */
export function utc(at: number): string {
  return new Date(at).toISOString().replace("Z", "0000+00:00");
}
