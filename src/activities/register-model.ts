import { modelFolder } from "#domain/deployment/model-folder.ts";
import { fillPlaceholders, type WorkspacePlace } from "#domain/deployment/placeholders.ts";
import { PipelineError } from "#domain/errors.ts";
import { registerModel } from "#domain/steps.ts";
import { implement } from "#durable/activity.ts";
import type { AppReader } from "./app-reader.ts";
import { modelIdentity, requireContent } from "./evaluated-model.ts";
import type { AssetDigests, FolderUploader } from "./flow-upload.ts";
import { requireBundle } from "./require-bundle.ts";

export interface ModelRegistry {
  /** Answers the version whose properties have all of `identity`, else registers the next one. */
  ensureRegistered(model: {
    readonly name: string;
    readonly datastore: string;
    readonly path: string;
    readonly description: string | null;
    readonly tags: Readonly<Record<string, string>>;
    readonly properties: Readonly<Record<string, string>>;
    readonly identity: Readonly<Record<string, string>>;
  }): Promise<{ name: string; version: string; id: string }>;
}

export interface ModelLocker {
  /** Takes, keeps or is refused the lock; times are ISO 8601. */
  acquire(
    model: string,
    owner: string,
    deadline: string,
    now: string,
  ): Promise<{ acquired: boolean; holder: string }>;
  /** Only what `owner` holds. */
  release(model: string, owner: string): Promise<void>;
}

export interface RegisterModelNeeds {
  readonly apps: AppReader;
  readonly assets: FolderUploader & AssetDigests;
  readonly models: ModelRegistry;
  readonly locks: ModelLocker;
  readonly clock: { now(): Date };
  readonly workspace: WorkspacePlace;
}

/** More than a registration takes, and less than a pipeline has patience with one that died over it. */
const HOLD_MS = 45_000;

export function createRegisterModel(needs: RegisterModelNeeds) {
  const { apps, assets, models, workspace } = needs;
  return implement(registerModel, async ({ id, app, bundle, variant }) => {
    const folder = modelFolder(await requireBundle(apps, app, bundle), variant);
    const { name, description, tags, properties } = fillPlaceholders(folder.model, workspace);
    const { datastore, path } = await assets.uploadFolder(folder);
    await requireContent(assets, { datastore, path }, folder.content);
    const identity = modelIdentity(bundle, variant, folder.content);
    const owned = { ...tags, "flowgate.app": app, "flowgate.bundle": bundle };
    const model = {
      name,
      datastore,
      path,
      description,
      tags: variant === null ? owned : { ...owned, "flowgate.variant": variant },
      properties,
      identity,
    };
    return alone(needs, name, id, () => models.ensureRegistered(model));
  });
}

/**
 * The registry refuses another path for a version that is taken; of an equal path it notices nothing,
 * and the version would say that it is what the later of two pipelines evaluated.
 */
async function alone<Result>(
  { locks, clock }: RegisterModelNeeds,
  model: string,
  id: string,
  work: () => Promise<Result>,
): Promise<Result> {
  const now = clock.now();
  const deadline = new Date(now.getTime() + HOLD_MS).toISOString();
  const { acquired, holder } = await locks.acquire(model, id, deadline, now.toISOString());
  if (!acquired) {
    const message = `Pipeline ${holder} is registering a version of model ${model}.`;
    throw new PipelineError("AZURE_BUSY", message);
  }
  try {
    return await work();
  } finally {
    await locks.release(model, id);
  }
}
