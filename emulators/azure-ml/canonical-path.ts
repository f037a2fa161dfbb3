import { pathOnLoopback } from "./front/azure-names.ts";

/** Segments whose case Azure does not care about; everything else in a path is a name. */
const SEGMENTS = [
  "subscriptions",
  "resourceGroups",
  "providers",
  "Microsoft.MachineLearningServices",
  "Microsoft.ManagedIdentity",
  "Microsoft.Authorization",
  "workspaces",
  "userAssignedIdentities",
  "roleAssignments",
  "locations",
  "computes",
  "datastores",
  "listSecrets",
  "models",
  "environments",
  "codes",
  "data",
  "versions",
  "startPendingUpload",
  "onlineEndpoints",
  "deployments",
  "listKeys",
  "getLogs",
  "FlowRuntimes",
  "FlowSessions",
  "TraceSessions",
  "BulkRuns",
  "childRuns",
  "logContent",
  "computeOperationsStatus",
  "mfeOperationsStatus",
  "vmSizes",
  "usages",
  "quotas",
  "entities",
];
const CANONICAL = new Map(SEGMENTS.map((segment) => [segment.toLowerCase(), segment]));

/** The path as the routes spell it, whatever case the caller used and whatever name it called. */
export function canonicalPath(url: string): string {
  const pathname = pathOnLoopback(new URL(url));
  const path = pathname.replace(/\/{2,}/g, "/").replace(/(.)\/$/, "$1");
  return path
    .split("/")
    .map((segment) => CANONICAL.get(segment.toLowerCase()) ?? segment)
    .join("/");
}
