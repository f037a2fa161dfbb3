import { removeDeployment } from "#domain/steps.ts";
import { implement } from "#durable/activity.ts";

export interface DeploymentRemover {
  /** Asks for removal; what is not there is fine. */
  remove(place: { readonly endpoint: string; readonly deployment: string }): Promise<void>;
}

export function createRemoveDeployment(deployments: DeploymentRemover) {
  return implement(removeDeployment, async (place) => {
    await deployments.remove(place);
    return {};
  });
}
