import { ContainerClient } from "@azure/storage-blob";
import { z } from "zod";
import { readAnswer } from "./answers.ts";
import { contentHash } from "./asset-hash.ts";
import { ONE_TRY } from "./blob-container.ts";
import { uploadBlobs } from "./blob-upload.ts";
import type { Arm } from "./deployment/arm.ts";
import { blobsOf, type FolderAsset } from "./folder-asset.ts";
import { type HttpRequest, refuse } from "./http.ts";

/** Of the recipe of the content hash, as Azure ML's own clients name it. */
const HASH_VERSION = "202208";
const VERSION = "1";

const Code = z.object({ properties: z.object({ codeUri: z.url() }) });
const Pending = z.object({
  blobReferenceForConsumption: z.object({
    blobUri: z.url(),
    credential: z.object({ credentialType: z.literal("SAS"), sasUri: z.url() }),
  }),
});

export interface CodeAssets {
  /** URL of the folder, without a trailing slash. */
  ensureRegistered(folder: FolderAsset): Promise<string>;
}

/** Folders registered as code: Azure ML itself lends the storage for it, so no datastore's secret is needed. */
export function createCodeAssets(arm: Arm): CodeAssets {
  async function find(path: string): Promise<string | undefined> {
    const found = await arm.find(path);
    return found && readAnswer(Code, found, `GET ${path}`).properties.codeUri;
  }

  async function upload(path: string, folder: FolderAsset): Promise<string> {
    const begin = `${path}/startPendingUpload`;
    const answer = await arm.post(begin, { pendingUploadType: "TemporaryBlobReference" });
    const pending = readAnswer(Pending, answer, `POST ${begin}`).blobReferenceForConsumption;
    const { indicator, puts } = blobsOf(folder, folder.name);
    await uploadBlobs(
      new ContainerClient(pending.credential.sasUri, undefined, ONE_TRY),
      indicator,
      puts,
    );
    return `${pending.blobUri}/${folder.name}`;
  }

  /** What another pipeline registered in the meantime is the same content. */
  async function put(path: string, codeUri: string, hash: string): Promise<string> {
    const properties = { hash_sha256: hash, hash_version: HASH_VERSION };
    const body = { properties: { codeUri, isAnonymous: false, properties } };
    const request: HttpRequest = { method: "PUT", url: arm.urlOf(path), body };
    const answer = await arm.send({ ...request, accept: [400, 409] });
    if (answer.status < 400) return readAnswer(Code, answer, `PUT ${path}`).properties.codeUri;
    const taken = await find(path);
    if (taken === undefined) throw refuse(request, answer);
    return taken;
  }

  return {
    async ensureRegistered(folder) {
      const hash = contentHash(folder.files, folder.ignores);
      const path = `/codes/flowgate-${hash.slice(0, 32)}/versions/${VERSION}`;
      const codeUri = (await find(path)) ?? (await put(path, await upload(path, folder), hash));
      return withoutPort(codeUri);
    },
  };
}

/** The service answers with the port of HTTPS, which is none of a blob's name. */
function withoutPort(url: string): string {
  return url.replace(/^(https:\/\/[^/:]+):443(?=\/)/, "$1");
}
