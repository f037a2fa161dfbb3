import { modelFolder } from "#domain/deployment/model-folder.ts";
import { fillPlaceholders, type WorkspacePlace } from "#domain/deployment/placeholders.ts";
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

export interface RegisterModelNeeds {
  readonly apps: AppReader;
  readonly assets: FolderUploader & AssetDigests;
  readonly models: ModelRegistry;
  readonly workspace: WorkspacePlace;
}

export function createRegisterModel({ apps, assets, models, workspace }: RegisterModelNeeds) {
  return implement(registerModel, async ({ app, bundle, variant }) => {
    const folder = modelFolder(await requireBundle(apps, app, bundle), variant);
    const { name, description, tags, properties } = fillPlaceholders(folder.model, workspace);
    const { datastore, path } = await assets.uploadFolder(folder);
    await requireContent(assets, { datastore, path }, folder.content);
    const identity = modelIdentity(bundle, variant, folder.content);
    const owned = { ...tags, "flowgate.app": app, "flowgate.bundle": bundle };
    return models.ensureRegistered({
      name,
      datastore,
      path,
      description,
      tags: variant === null ? owned : { ...owned, "flowgate.variant": variant },
      properties,
      identity,
    });
  });
}
