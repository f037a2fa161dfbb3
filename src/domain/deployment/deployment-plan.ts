import type { App } from "#domain/bundle/bundle.ts";
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
function endpointName(app: App, place: DeployedNames): string {
  const endpoint = readEndpointFile(app);
  const deployment = readDeploymentFile(app);
  const written = [
    { file: endpoint.file, line: endpoint.lineOfName, path: "name", name: endpoint.name },
    {
      file: deployment.file,
      line: deployment.lineOfEndpointName,
      path: "endpoint_name",
      name: deployment.endpointName,
    },
  ];
  for (const { name, ...where } of written) {
    if (name === null || name.includes(PLACEHOLDER)) continue;
    const filled = fillPlaceholders(name, place);
    if (ENDPOINT_NAME.test(filled)) return filled;
    const message = `${filled} is no name of an endpoint: 3 to 32 letters, digits and single hyphens, starting with a letter`;
    throw invalid([{ ...where, message }]);
  }
  return defaultEndpointName(app.manifest.name);
}
