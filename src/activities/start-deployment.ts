import {
  type DeploymentToStart,
  deploymentToStart,
} from "#domain/deployment/deployment-to-start.ts";
import { modelFolder } from "#domain/deployment/model-folder.ts";
import type { WorkspacePlace } from "#domain/deployment/placeholders.ts";
import { startDeployment } from "#domain/steps.ts";
import { implement } from "#durable/activity.ts";
import type { AppReader } from "./app-reader.ts";
import { type ModelReader, modelIdentity, requireEvaluatedModel } from "./evaluated-model.ts";
import type { AssetDigests } from "./flow-upload.ts";
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

export interface StartDeploymentNeeds {
  readonly apps: AppReader;
  readonly assets: AssetDigests;
  readonly models: ModelReader;
  readonly deployments: DeploymentStarter;
  readonly workspace: WorkspacePlace;
}

export function createStartDeployment({
  apps,
  deployments,
  workspace,
  ...registered
}: StartDeploymentNeeds) {
  return implement(startDeployment, async ({ id, modelVersion, ...asked }) => {
    const app = await requireBundle(apps, asked.app, asked.bundle);
    const { endpoint, deployment, bundle, variant } = asked;
    const identity = modelIdentity(bundle, variant, modelFolder(app, variant).content);
    await requireEvaluatedModel(registered, asked.model, identity);
    const names = { ...workspace, endpoint, deployment, modelVersion };
    const wanted = deploymentToStart(app, variant, names);
    await deployments.ensureStarted({ ...wanted, ...asked, pipeline: id });
    return {};
  });
}
