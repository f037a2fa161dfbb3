import type { z } from "zod";
import { readDeployment, type Settled } from "#domain/steps.ts";
import { implement } from "#durable/activity.ts";

export interface DeploymentReader {
  read(place: z.infer<typeof readDeployment.input>): Promise<Settled>;
}

export function createReadDeployment(deployments: DeploymentReader) {
  return implement(readDeployment, (place) => deployments.read(place));
}
