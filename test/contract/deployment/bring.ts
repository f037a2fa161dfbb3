import { anApp } from "#kit/deployment-app.ts";
import type { Stand } from "./stand.ts";

/** Free to read connections without waiting for a role. */
const ENDPOINT = "properties: { enforce_access_to_default_secret_stores: enabled }\n";

export function jobOf(stand: Stand, differences: Readonly<Record<string, string>> = {}) {
  const app = anApp({ "deployment/endpoint.yaml": ENDPOINT, ...differences });
  stand.stored.set(app.digest, app);
  return { id: "qa-0123456789ab", app: "qa", bundle: app.digest };
}

export async function brought(
  stand: Stand,
  job: ReturnType<typeof jobOf>,
  variant: string | null = null,
) {
  const plan = await stand.plan({ ...job, variant });
  const model = await stand.register({ ...job, variant });
  await stand.ensureEndpoint({ ...job, endpoint: plan.endpoint });
  const asked = { ...job, ...plan, variant, model: model.id, modelVersion: model.version };
  await stand.start(asked);
  await settled(stand, plan);
  return { plan, model, asked };
}

export async function settled(stand: Stand, plan: { endpoint: string; deployment: string }) {
  for (let attempt = 0; attempt < 1_000; attempt += 1) {
    const standing = await stand.read(plan);
    if (standing.state !== "pending") return standing;
  }
  throw new Error("The deployment did not settle.");
}
