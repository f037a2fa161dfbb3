import { PipelineError } from "#domain/errors.ts";
import { readApp } from "#domain/manifest/read-app.ts";
import type { PipelineStatus } from "#domain/pipeline.ts";
import type { AcceptedPipeline } from "#domain/request.ts";
import type { Acceptance } from "#functions/accept-pipeline.ts";
import { anAppFolder } from "./app-folder.ts";

interface Row {
  accepted: AcceptedPipeline;
  status: PipelineStatus;
  starting: boolean;
}

/** Everything that accepting needs, in memory; `web` is an app with one bundle, which is its latest. */
export function anAcceptance(differences: Readonly<Record<string, string | null>> = {}) {
  const app = readApp(anAppFolder(differences), "web");
  const bundles = new Map([[app.digest, app]]);
  const rows = new Map<string, Row>();
  const blobs = new Map<string, string>();
  const started: string[] = [];
  const indexed: string[] = [];
  const state = {
    latest: { digest: app.digest, deployable: false },
    now: Date.parse("2026-01-01T00:00:00Z"),
    pausedMs: 0,
  };
  const acceptance: Acceptance = {
    bundles: {
      async read(_, digest) {
        const found = bundles.get(digest);
        if (found === undefined) throw new PipelineError("BUNDLE_UNKNOWN", `no ${digest}`);
        return found;
      },
      latest: async (name) => (name === "web" ? state.latest : null),
      async moveLatest(_, digest) {
        state.latest = { digest, deployable: true };
      },
    },
    pipelines: {
      async insert(accepted) {
        if (rows.has(accepted.id)) return false;
        rows.set(accepted.id, { accepted, status: "running", starting: true });
        return true;
      },
      index: async ({ id }, status) => void indexed.push(`${id} ${status}`),
      async unmark(id) {
        const row = rows.get(id);
        if (row !== undefined) row.starting = false;
      },
      read: async (id) => rows.get(id) ?? null,
    },
    testData: {
      async head(blob) {
        const etag = blobs.get(blob);
        return etag === undefined ? null : { blob, etag };
      },
    },
    instances: {
      start: async (id) => void started.push(id),
      exists: async (id) => started.includes(id),
    },
    clock: {
      now: () => new Date(state.now),
      async pause(ms) {
        state.now += ms;
        state.pausedMs += ms;
      },
    },
  };
  return { acceptance, app, bundles, rows, blobs, started, indexed, state };
}
