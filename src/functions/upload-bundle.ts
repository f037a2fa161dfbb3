import type { HttpHandler, HttpMethod, HttpRequest } from "@azure/functions";
import { BUNDLE_LIMITS } from "#domain/bundle/app-files.ts";
import { readApp } from "#domain/manifest/read-app.ts";
import { readZip, tooLargeZip } from "./bundles/read-zip.ts";
import { withProblems } from "./problem.ts";
import { readAppName } from "./read-request.ts";

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
  return withProblems(async (request) => {
    const app = readAppName(request);
    const zip = await readLimited(request, BUNDLE_LIMITS.zippedBytes);
    const { digest, files, manifest } = readApp(await readZip(zip), app);
    const isNew = await bundles.put(app, digest, zip);
    return {
      status: isNew ? 201 : 200,
      jsonBody: { app, digest, files: files.size, manifest },
    };
  });
}

async function readLimited(request: HttpRequest, limit: number): Promise<Uint8Array> {
  if (Number(request.headers.get("content-length")) > limit) throw tooLargeZip();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > limit) throw tooLargeZip();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
