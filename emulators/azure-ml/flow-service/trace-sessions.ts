import { Hono } from "hono";
import type { Service } from "#emulators/azure-ml/service.ts";

export function traceSessionRoutes({ place }: Service): Hono {
  return new Hono().get("/TraceSessions", (c) =>
    c.json({
      entityId: place.workspaceId,
      traceCosmosConfiguration: "None",
      traceCosmosStatus: "Initialized",
      accountEndpoint: "",
      databaseName: "PromptFlowTraceSession",
      resourceArmId: "",
      resourceType: 1,
    }),
  );
}
