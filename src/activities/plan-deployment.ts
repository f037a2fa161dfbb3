import { planOf } from "#domain/deployment/deployment-plan.ts";
import type { WorkspacePlace } from "#domain/deployment/placeholders.ts";
import { planDeployment } from "#domain/steps.ts";
import { implement } from "#durable/activity.ts";
import type { AppReader } from "./app-reader.ts";
import { requireBundle } from "./require-bundle.ts";

export function createPlanDeployment(apps: AppReader, workspace: WorkspacePlace) {
  return implement(planDeployment, async ({ app, bundle, variant }) => {
    return planOf(await requireBundle(apps, app, bundle), variant, workspace);
  });
}
