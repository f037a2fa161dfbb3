import type { Hono } from "hono";
import { DeploymentWork } from "./endpoints/deployment-work.ts";
import { Serving } from "./endpoints/serving.ts";
import { RunWork } from "./flow-service/run-work.ts";
import type { Place } from "./place.ts";
import type { Region, Service } from "./service.ts";
import type { BlobStorage } from "./storage.ts";
import { Documents } from "./store/documents.ts";
import { RunLines } from "./store/run-lines.ts";
import type { WorkspaceStore } from "./store/workspace-stores.ts";
import { createWorkspaceSurface } from "./workspace-surface.ts";

/** One workspace that is being served. */
export interface Workspace extends AsyncDisposable {
  readonly service: Service;
  /** Everything below its own paths, and its endpoints. */
  readonly surface: Hono;
  /** Takes up what an earlier process left unfinished. */
  takeUp(): void;
}

export function openWorkspace(
  region: Region,
  place: Place,
  { folder, database }: WorkspaceStore,
  storage: BlobStorage,
): Workspace {
  const service: Service = {
    ...region,
    place,
    documents: new Documents(database),
    runLines: new RunLines(database),
    storage,
    openedAt: region.clock.now(),
    provisioning: new Set(),
    folder,
  };
  const runWork = new RunWork(service);
  const serving = new Serving(service);
  const deploymentWork = new DeploymentWork(service, serving);
  return {
    service,
    surface: createWorkspaceSurface(service, { runWork, deploymentWork, serving }),
    takeUp() {
      runWork.takeUp();
      deploymentWork.takeUp();
    },
    [Symbol.asyncDispose]: () => serving[Symbol.asyncDispose](),
  };
}
