import type { Context } from "hono";
import type { FlowEngine } from "#emulators/azure-ml/engine/engine.ts";
import type { BackDoor } from "#emulators/kit/back-door.ts";
import type { Clock } from "#emulators/kit/clock.ts";
import type { WorkspaceConnection } from "./connections/connection.ts";
import { Refusal } from "./errors.ts";
import { servedUrls } from "./front/azure-names.ts";
import type { Latency } from "./latency.ts";
import { CALLER, type Place } from "./place.ts";
import type { BlobStorage } from "./storage.ts";
import type { Documents } from "./store/documents.ts";
import type { RunLines } from "./store/run-lines.ts";
import type { Work } from "./work.ts";

/** What every part of the emulated service works with. */
export interface Service {
  readonly place: Place;
  readonly clock: Clock;
  readonly latency: Latency;
  readonly documents: Documents;
  readonly runLines: RunLines;
  readonly storage: BlobStorage;
  readonly engine: FlowEngine;
  /** Sessions that are up, and into which packages are being installed. */
  readonly provisioning: Set<string>;
  readonly backDoor: BackDoor;
  readonly work: Work;
  readonly connections: readonly WorkspaceConnection[];
  /** Cores that machines may have in all. */
  readonly coreLimit: number;
  /** Absolute path of the data folder. */
  readonly folder: string;
  /** 0 up to, but not including, 1. */
  readonly random: () => number;
  /** One structured line; never a row's content, never a secret. */
  readonly log: (event: string, fields: Readonly<Record<string, unknown>>) => void;
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
