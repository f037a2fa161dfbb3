import { Hono } from "hono";
import { type CoreUsage, coreUsages, wordsFor } from "#emulators/azure-ml/core-quota.ts";
import type { Region } from "#emulators/azure-ml/service.ts";
import { VM_SIZES } from "./vm-sizes.ts";

const PATH =
  "/subscriptions/:subscription/providers/Microsoft.MachineLearningServices/locations/:location";

/** What a region offers, and how much of it is taken. */
export function locationRoutes(region: Region): Hono {
  const routes = new Hono();
  routes.get(`${PATH}/vmSizes`, (c) =>
    c.json({
      value: VM_SIZES.map(({ name, family, cores, memoryGb }) => ({
        name,
        family,
        vCPUs: cores,
        gpus: 0,
        osVhdSizeMB: 1_047_552,
        maxResourceVolumeMB: memoryGb * 2048,
        memoryGB: memoryGb,
        lowPriorityCapable: true,
        premiumIO: true,
        supportedComputeTypes: ["AmlCompute", "ComputeInstance"],
      })),
    }),
  );
  for (const list of ["usages", "quotas"] as const) {
    routes.get(`${PATH}/${list}`, (c) => {
      const { subscription, location } = c.req.param();
      const id = `/subscriptions/${subscription}/providers/Microsoft.MachineLearningServices/locations/${location}`;
      const entry = ({ family, used, limit }: CoreUsage) => {
        const value = family ?? "TotalDedicatedCores";
        const words =
          family === null
            ? "Total Cluster Dedicated Regional vCPUs"
            : `${wordsFor(family)} Family Cluster Dedicated vCPUs`;
        return {
          id: `${id}/${list}/${value}`,
          type: `Microsoft.MachineLearningServices/${list}`,
          unit: "Count",
          ...(list === "usages" ? { currentValue: used } : {}),
          limit,
          name: { value, localizedValue: words },
        };
      };
      return c.json({ value: coreUsages(region, subscription ?? "").map(entry) });
    });
  }
  return routes;
}
