import type { SeenRequest } from "#kit/back-door.ts";

/** The parts of a stack that can be broken. */
export const PARTS = ["azureMl", "eventGrid", "model", "storage"] as const;
export type Part = (typeof PARTS)[number];

/** One call of a pipeline, whatever the things are named that it is about. */
export interface Call {
  readonly part: Part;
  /** Method and path, with a star for every name. */
  readonly name: string;
  readonly method: string;
  /** Regular expression over path and query. */
  readonly path: string;
  /** How often a good pipeline makes it. */
  readonly count: number;
}

/** What stands before a name. */
const NAMED =
  /\/(FlowSessions|FlowRuntimes|computes|userAssignedIdentities|roleAssignments|datastores|models|versions|environments|onlineEndpoints|deployments|endpoints|operations|runs|BulkRuns)\/(?!submit\b)[^/?]+/g;
/** Blobs of a container, entities of a table. */
const STORED = /\/(devstoreaccount1)\/([^/?(]+[/(]).*/;
const WORKSPACE = /\/subscriptions\/.*?\/workspaces\/[^/?]+/;
const ANY = "[^/?]+";

/** Every distinct call of a part's request log, in the order of their first time. */
export function callsOf(part: Part, requests: readonly SeenRequest[]): readonly Call[] {
  const calls = new Map<string, Call>();
  for (const { method, path } of requests) {
    const masked = (path.split("?")[0] ?? "").replace(NAMED, "/$1/*").replace(STORED, "/$1/$2*");
    const name = `${method} ${masked.replace(WORKSPACE, "…").replace(/\/resourceGroups\/[^/]+/, "…")}`;
    const count = (calls.get(name)?.count ?? 0) + 1;
    calls.set(name, { part, name, method, path: patternOf(masked), count });
  }
  return [...calls.values()];
}

function patternOf(masked: string): string {
  const escaped = masked.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ANY);
  if (STORED.test(masked)) return `^${escaped.replace(ANY, ".+")}`;
  return `^${escaped}(\\?|$)`;
}
