import { Hono } from "hono";
import { coresInUse } from "#emulators/azure-ml/core-quota.ts";
import type { Service } from "#emulators/azure-ml/service.ts";
import { VM_SIZES } from "./vm-sizes.ts";

const PATH =
  "/subscriptions/:subscription/providers/Microsoft.MachineLearningServices/locations/:location";

/** What a region offers, and how much of it is taken. */
export function locationRoutes(service: Service): Hono {
  const id = `/subscriptions/${service.place.subscription}/providers/Microsoft.MachineLearningServices/locations/${service.place.location}`;
  const name = { value: "TotalDedicatedCores", localizedValue: "Total Regional Dedicated vCPUs" };
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
  routes.get(`${PATH}/usages`, (c) =>
    c.json({
      value: [
        {
          id: `${id}/usages/${name.value}`,
          type: "Microsoft.MachineLearningServices/usages",
          unit: "Count",
          currentValue: coresInUse(service),
          limit: service.coreLimit,
          name,
        },
      ],
    }),
  );
  routes.get(`${PATH}/quotas`, (c) =>
    c.json({
      value: [
        {
          id: `${id}/quotas/${name.value}`,
          type: "Microsoft.MachineLearningServices/quotas",
          unit: "Count",
          limit: service.coreLimit,
          name,
        },
      ],
    }),
  );
  return routes;
}
