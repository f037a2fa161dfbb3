import type { App } from "#domain/bundle/bundle.ts";
import { PipelineError, type Problem } from "#domain/errors.ts";
import { MANIFEST_FILE } from "#domain/manifest/manifest-file.ts";
import { readDeploymentFile } from "./deployment-file.ts";
import { checkEndpointName } from "./deployment-plan.ts";
import { readEndpointFile } from "./endpoint-file.ts";
import { readModelFile } from "./model-file.ts";
import { modelFolder } from "./model-folder.ts";
import { checkSmokeInputs } from "./smoke-inputs.ts";
import { readSmokeRequest } from "./smoke-request.ts";

/** Throws MANIFEST_INVALID with every problem of the files that a deployment is made of: it could only fail after all else was paid for. */
export function requireDeployable(app: App): void {
  const missing = missingFiles(app);
  const problems =
    missing.length > 0 ? missing : unique(READERS.flatMap((read) => problemsOf(() => read(app))));
  if (problems.length === 0) return;
  const message =
    "This pipeline may deploy, but what its bundle would be deployed with has problems. Mend them, or ask with deploy: false.";
  throw new PipelineError("MANIFEST_INVALID", message, { problems });
}

const READERS: readonly ((app: App) => unknown)[] = [
  readModelFile,
  readEndpointFile,
  readDeploymentFile,
  checkEndpointName,
  readSmokeRequest,
  checkSmokeInputs,
  // Builds what would be registered, for every variant that may win.
  (app) => variantsOf(app).map((variant) => modelFolder(app, variant)),
];

function variantsOf({ manifest }: App): readonly (string | null)[] {
  return manifest.variants.length === 0 ? [null] : manifest.variants;
}

/** Readers build on each other, and tell what they met there. */
function unique(problems: readonly Problem[]): readonly Problem[] {
  const texts = problems.map((problem) => JSON.stringify(problem));
  return problems.filter((_, index) => texts.indexOf(texts[index] ?? "") === index);
}

function missingFiles({ manifest, files }: App): readonly Problem[] {
  const { model, endpoint, deployment } = manifest.deploy;
  return Object.entries({ model, endpoint, deployment })
    .filter(([, file]) => !files.has(file))
    .map(([key, file]) => ({
      file: MANIFEST_FILE,
      path: `deploy.${key}`,
      message: `${file} is not in the bundle; add it, or name another file here`,
    }));
}

function problemsOf(read: () => unknown): readonly Problem[] {
  try {
    read();
    return [];
  } catch (error) {
    if (error instanceof PipelineError) return error.problems;
    throw error;
  }
}
