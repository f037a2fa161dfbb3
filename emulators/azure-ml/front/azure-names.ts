import { LOCATION } from "#emulators/azure-ml/place.ts";
import type { BlobStorage } from "#emulators/azure-ml/storage.ts";

/** The names under which clients of Azure look for what is emulated here. */
const HOSTS = {
  arm: "management.azure.com",
  signIn: "login.microsoftonline.com",
  studio: "ml.azure.com",
  dataPlane: `${LOCATION}.api.azureml.ms`,
} as const;
const SCORING_SUFFIX = `.${LOCATION}.inference.ml.azure.com`;
export const BLOB_SUFFIX = "core.windows.net";

/** Subjects of the certificate. */
export const CERTIFIED_NAMES = [
  "localhost",
  "127.0.0.1",
  "::1",
  ...Object.values(HOSTS),
  `*${SCORING_SUFFIX}`,
  `*.blob.${BLOB_SUFFIX}`,
];

/** The URLs that an answer names: what is on the caller's own loopback host, or the names of Azure. */
export function servedUrls(origin: string) {
  const isAzure = isAzureHost(new URL(origin).host);
  return {
    dataPlane: isAzure ? `https://${HOSTS.dataPlane}` : origin,
    endpoint: (name: string) =>
      isAzure ? `https://${name}${SCORING_SUFFIX}` : `${origin}/endpoints/${name}`,
    account: ({ accountName, url }: BlobStorage) =>
      isAzure ? `https://${blobHost(accountName)}` : url,
    isAzure,
  };
}

/** Whether the emulated service answers under this name; `host` may have a port. */
export function isAzureHost(host: string | undefined): boolean {
  const name = hostName(host);
  return Object.values<string>(HOSTS).includes(name) || name.endsWith(SCORING_SUFFIX);
}

/** Under a name of Azure some paths are shorter than under the loopback name. */
export function pathOnLoopback({ host, pathname }: URL): string {
  const name = hostName(host);
  if (name.endsWith(SCORING_SUFFIX)) {
    return `/endpoints/${name.slice(0, -SCORING_SUFFIX.length)}${pathname}`;
  }
  return name === HOSTS.studio ? pathname.replace(/^\/api\/[^/]+(?=\/)/, "") : pathname;
}

export function blobHost(account: string): string {
  return `${account}.blob.${BLOB_SUFFIX}`;
}

export function hostName(host = ""): string {
  return host.replace(/:\d+$/, "").toLowerCase();
}
