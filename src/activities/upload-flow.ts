import { uploadFlow } from "#domain/steps.ts";
import { implement } from "#durable/activity.ts";
import type { AppReader } from "./app-reader.ts";
import { type AssetDigests, type FlowUploader, uploadFlowOf } from "./flow-upload.ts";

export function createUploadFlow(apps: AppReader, assets: FlowUploader & AssetDigests) {
  return implement(uploadFlow, async ({ app, bundle }) => {
    const { baseRun, files } = await apps.read(app, bundle);
    return uploadFlowOf(assets, files, { ...baseRun, app });
  });
}
