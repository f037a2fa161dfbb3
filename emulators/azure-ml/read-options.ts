import type { DatastoreCredentials } from "./arm/datastores.ts";
import { type CoreLimits, DEFAULT_LIMITS } from "./core-quota.ts";
import type { PlaceNames } from "./place.ts";

/** `100`, `standardDSv2Family=6` or both, with commas. Throws with what is wrong. */
export function readCoreLimits(text: string): CoreLimits {
  let { total } = DEFAULT_LIMITS;
  const families: Record<string, number> = {};
  for (const part of text.split(",")) {
    const [, family, cores] = /^(?:(\w+)=)?(\d+)$/.exec(part.trim()) ?? [];
    if (cores === undefined) {
      const message = `--cores is "${text}"; it has to be a whole number, of a family as in standardDSv2Family=6, or several with commas.`;
      throw new Error(message);
    }
    if (family === undefined) total = Number(cores);
    else families[family] = Number(cores);
  }
  return { total, families };
}

/** `dev,shared/prod`: names with commas, each alone, after its resource group, or after subscription and resource group. */
export function readWorkspaces(text: string): PlaceNames[] {
  return text.split(",").map((part) => {
    const [workspace, resourceGroup, subscription, ...more] = part.trim().split("/").reverse();
    if (!workspace || more.length > 0) {
      const message = `--workspace is "${text}"; it has to be a NAME, GROUP/NAME or SUBSCRIPTION/GROUP/NAME, or several with commas.`;
      throw new Error(message);
    }
    return {
      workspace,
      ...(resourceGroup === undefined ? {} : { resourceGroup }),
      ...(subscription === undefined ? {} : { subscription }),
    };
  });
}

/** Throws for what is no kind of credentials. */
export function readDatastoreCredentials(text: string): DatastoreCredentials {
  if (text === "AccountKey" || text === "Sas" || text === "None") return text;
  throw new Error(`--datastore is "${text}"; it has to be AccountKey, Sas or None.`);
}
