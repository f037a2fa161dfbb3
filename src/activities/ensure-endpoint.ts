import { type EndpointFile, readEndpointFile } from "#domain/deployment/endpoint-file.ts";
import { fillPlaceholders, type WorkspacePlace } from "#domain/deployment/placeholders.ts";
import { ensureEndpoint } from "#domain/steps.ts";
import { implement } from "#durable/activity.ts";
import type { AppReader } from "./app-reader.ts";

export interface EndpointStarter {
  /** Asks for the endpoint, or leaves the one alone that is there. */
  ensureStarted(endpoint: {
    readonly name: string;
    readonly app: string;
    readonly file: EndpointFile;
  }): Promise<void>;
}

export function createEnsureEndpoint(
  apps: AppReader,
  endpoints: EndpointStarter,
  workspace: WorkspacePlace,
) {
  return implement(ensureEndpoint, async ({ app, bundle, endpoint }) => {
    const written = readEndpointFile(await apps.read(app, bundle));
    const file = fillPlaceholders(written, { ...workspace, endpoint });
    await endpoints.ensureStarted({ name: endpoint, app, file });
    return {};
  });
}
