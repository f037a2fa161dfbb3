import type { HttpHandler, HttpMethod } from "@azure/functions";
import { BUNDLE_LIMITS } from "#domain/bundle/app-files.ts";
import { readApp } from "#domain/manifest/read-app.ts";
import { readZip, tooLargeZip } from "./bundles/read-zip.ts";
import { readAppName, readBytes } from "./read-request.ts";

export const uploadBundleTrigger = {
  methods: ["PUT"] satisfies HttpMethod[],
  route: "apps/{app}/bundles",
  authLevel: "function",
} as const;

export interface BundleStore {
  /** Stores the zip unless it is there; answers whether it is new. */
  put(app: string, digest: string, zip: Uint8Array): Promise<boolean>;
}

export function createUploadBundle(bundles: BundleStore): HttpHandler {
  return async (request) => {
    const app = readAppName(request, uploadBundleTrigger.route);
    const zip = await readBytes(request, BUNDLE_LIMITS.zippedBytes, tooLargeZip);
    const { digest, files, manifest } = readApp(await readZip(zip), app);
    const isNew = await bundles.put(app, digest, zip);
    return {
      status: isNew ? 201 : 200,
      jsonBody: { app, digest, files: files.size, manifest },
    };
  };
}
