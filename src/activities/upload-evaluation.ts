import { uploadEvaluation } from "#domain/steps.ts";
import { implement } from "#durable/activity.ts";
import type { AppReader } from "./app-reader.ts";
import { type AssetDigests, type FlowUploader, uploadFlowOf } from "./flow-upload.ts";

export function createUploadEvaluation(apps: AppReader, assets: FlowUploader & AssetDigests) {
  return implement(uploadEvaluation, async ({ app, bundle }) => {
    const { evaluationRun, files } = await apps.read(app, bundle);
    return uploadFlowOf(assets, files, { ...evaluationRun, app });
  });
}
