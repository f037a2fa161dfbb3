import { z } from "zod";

/** On everything that Flowgate deployed. */
export const BUNDLE_TAG = "flowgate.bundle";
export const VARIANT_TAG = "flowgate.variant";
export const CREATED_TAG = "flowgate.createdAt";

/** A deployment as ARM answers it; `createdAt` is ISO 8601, by the service's clock where it tells. */
export const DeploymentEntry = z
  .object({
    name: z.string(),
    tags: z.record(z.string(), z.string().nullable()).nullish(),
    systemData: z.object({ createdAt: z.string().nullish() }).nullish(),
    properties: z.object({
      provisioningState: z.string(),
      model: z.string().nullish(),
      properties: z.record(z.string(), z.string().nullable()).nullish(),
    }),
  })
  .transform(({ systemData, ...entry }) => ({
    ...entry,
    createdAt: systemData?.createdAt ?? entry.tags?.[CREATED_TAG] ?? "",
  }));
export type DeploymentEntry = z.infer<typeof DeploymentEntry>;
