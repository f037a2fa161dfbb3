import type { App } from "#domain/bundle/bundle.ts";
import { PipelineError } from "#domain/errors.ts";
import type { AppReader } from "./app-reader.ts";

/** The app as it was evaluated; DEPLOYMENT_FAILED when what is stored under the digest is not that content. */
export async function requireBundle(apps: AppReader, app: string, bundle: string): Promise<App> {
  const read = await apps.read(app, bundle);
  if (read.digest === bundle) return read;
  const message = `What is stored as ${bundle} has the digest ${read.digest}: it is not what was evaluated.`;
  throw new PipelineError("DEPLOYMENT_FAILED", message);
}
