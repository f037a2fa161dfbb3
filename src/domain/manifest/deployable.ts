import type { App } from "#domain/bundle/bundle.ts";
import { PipelineError } from "#domain/errors.ts";
import { MANIFEST_FILE } from "./manifest-file.ts";

/** Throws MANIFEST_INVALID unless the files that a deployment is made of are there: it could only fail after all else was paid for. */
export function requireDeployable({ manifest, files }: App): void {
  const { model, endpoint, deployment } = manifest.deploy;
  const missing = Object.entries({ model, endpoint, deployment }).filter(
    ([, file]) => !files.has(file),
  );
  if (missing.length === 0) return;
  const problems = missing.map(([key, file]) => ({
    file: MANIFEST_FILE,
    path: `deploy.${key}`,
    message: `${file} is not in the bundle; add it, or name another file here`,
  }));
  const names = missing.map(([, file]) => file).join(", ");
  const message = `This pipeline may deploy, but its bundle lacks ${names}. Add them, or ask with deploy: false.`;
  throw new PipelineError("MANIFEST_INVALID", message, { problems });
}
