import type { App } from "#domain/bundle/bundle.ts";
import type { Problem } from "#domain/errors.ts";
import { defaultEndpointName, deploymentName } from "#domain/naming.ts";
import { readDeploymentFile } from "./deployment-file.ts";
import { readEndpointFile } from "./endpoint-file.ts";
import { modelFolder } from "./model-folder.ts";
import { type DeployedNames, fillPlaceholders } from "./placeholders.ts";
import { packageWarnings } from "./serving-packages.ts";
import { readSmokeRequest } from "./smoke-request.ts";
import { invalid } from "./yaml-fields.ts";

/** 3 to 32 letters, digits and single hyphens, starting with a letter, as managed online endpoints want it. */
const ENDPOINT_NAME = /^(?=.{3,32}$)[a-zA-Z][a-zA-Z0-9]*(-[a-zA-Z0-9]+)*$/;
const PLACEHOLDER = "<endpoint-name>";

export interface DeploymentPlan {
  readonly endpoint: string;
  readonly deployment: string;
  /** What is worth knowing before it is deployed, a sentence each. */
  readonly warnings: readonly string[];
}

/** Reads everything that a deployment will need, so that what is wrong with it shows before anything is registered. */
export function planOf(app: App, variant: string | null, place: DeployedNames): DeploymentPlan {
  const plan = {
    endpoint: endpointName(app, place),
    deployment: deploymentName(app.digest, variant),
    warnings: [...modelFolder(app, variant).model.notes, ...packageWarnings(app)],
  };
  readSmokeRequest(app);
  return plan;
}

/** The name in endpoint.yaml, else endpoint_name of deployment.yaml, else one made of the app's; a placeholder is no name. */
export function endpointName(app: App, place: DeployedNames): string {
  const written = writtenName(app);
  if (written === undefined) return defaultEndpointName(app.manifest.name);
  return requireName(written, fillPlaceholders(written.name, place));
}

/** MANIFEST_INVALID for a name that Azure does not take, as far as that can be known before it is filled in. */
export function checkEndpointName(app: App): void {
  const written = writtenName(app);
  if (written !== undefined && !written.name.includes("<")) requireName(written, written.name);
}

interface WrittenName {
  readonly where: Omit<Problem, "message">;
  readonly name: string;
}

function writtenName(app: App): WrittenName | undefined {
  const { file, name, lineOfName: line } = readEndpointFile(app);
  const deployment = readDeploymentFile(app);
  if (name !== null && !name.includes(PLACEHOLDER)) {
    return { name, where: { file, line, path: "name" } };
  }
  const { endpointName: other } = deployment;
  if (other === null || other.includes(PLACEHOLDER)) return undefined;
  const where = { file: deployment.file, line: deployment.lineOfEndpointName };
  return { name: other, where: { ...where, path: "endpoint_name" } };
}

function requireName({ where }: WrittenName, filled: string): string {
  if (ENDPOINT_NAME.test(filled)) return filled;
  const message = `${filled} is no name of an endpoint: 3 to 32 letters, digits and single hyphens, starting with a letter`;
  throw invalid([{ ...where, message }]);
}
