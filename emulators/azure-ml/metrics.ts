import { Hono } from "hono";
import { type Metric, type Run, runsOf } from "./flow-service/run.ts";
import { guidFrom } from "./place.ts";
import { type Service, utc } from "./service.ts";

/** The last value of every metric of a run; a run that nobody knows has none. */
export function metricRoutes(service: Service): Hono {
  return new Hono().post("/runs/:id/lastvalues", (c) => {
    const run = runsOf(service).read(c.req.param("id"));
    return c.json({ value: run ? run.metrics.map((metric) => answer(run, metric)) : [] });
  });
}

function answer({ runId, endedAt, modifiedAt }: Run, { name, column, value }: Metric) {
  return {
    dataContainerId: `dcid.${runId}`,
    name,
    columns: { [name]: column },
    properties: { uxMetricType: "azureml.v1.scalar", dataLocation: null },
    namespace: null,
    standardSchemaId: null,
    value: [
      {
        metricId: guidFrom(`${runId} ${name}`),
        createdUtc: utc(endedAt ?? modifiedAt),
        step: 0,
        data: { [name]: value },
      },
    ],
  };
}
