import {
  type DeploymentToStart,
  deploymentToStart,
} from "#domain/deployment/deployment-to-start.ts";
import type { WorkspacePlace } from "#domain/deployment/placeholders.ts";
import { startDeployment } from "#domain/steps.ts";
import { implement } from "#durable/activity.ts";
import type { AppReader } from "./app-reader.ts";
import { requireBundle } from "./require-bundle.ts";

export interface DeploymentStarter {
  /** Asks for the deployment, or adopts the one made of the same bundle and variant. */
  ensureStarted(
    deployment: DeploymentToStart & {
      readonly endpoint: string;
      readonly deployment: string;
      readonly app: string;
      readonly pipeline: string;
      readonly bundle: string;
      readonly variant: string | null;
      readonly model: string;
    },
  ): Promise<void>;
}

export function createStartDeployment(
  apps: AppReader,
  deployments: DeploymentStarter,
  workspace: WorkspacePlace,
) {
  return implement(startDeployment, async ({ id, modelVersion, ...asked }) => {
    const app = await requireBundle(apps, asked.app, asked.bundle);
    const { endpoint, deployment } = asked;
    const names = { ...workspace, endpoint, deployment, modelVersion };
    const wanted = deploymentToStart(app, asked.variant, names);
    await deployments.ensureStarted({ ...wanted, ...asked, pipeline: id });
    return {};
  });
}
