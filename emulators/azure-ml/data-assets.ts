import { Hono } from "hono";
import { Refusal } from "./errors.ts";
import { requireRun } from "./flow-service/run.ts";
import { artifactsPath } from "./flow-service/run-artifacts.ts";
import { readBody, type Service } from "./service.ts";

/** Where the outputs of a run lie in the datastore. */
export function dataAssetRoutes(service: Service): Hono {
  return new Hono().post("/dataversion/getByAssetId", async (c) => {
    const { value } = await readBody(c);
    const asset = /\/data\/(azureml_(.+)_output_data_[a-z_]+)\/versions\/1$/.exec(String(value));
    const [, dataContainerName, runId] = asset ?? [];
    if (!runId) throw new Refusal(404, "NotFoundError", `Data asset ${value} was not found.`);
    requireRun(service, runId);
    const { subscription, resourceGroup, workspace } = service.place;
    const dataUri = `azureml://subscriptions/${subscription}/resourcegroups/${resourceGroup}/workspaces/${workspace}/datastores/workspaceblobstore/paths/${artifactsPath(runId)}/`;
    return c.json({
      dataVersion: {
        assetId: value,
        dataContainerName,
        dataType: "UriFolder",
        dataUri,
        versionId: "1",
        isRegistered: false,
        runId,
      },
      entityMetadata: null,
    });
  });
}
