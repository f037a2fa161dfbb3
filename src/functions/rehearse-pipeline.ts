import type { HttpHandler, HttpMethod } from "@azure/functions";
import { PipelineError } from "#domain/errors.ts";
import { GatePolicy } from "#domain/gate/policy.ts";
import type { Pipeline } from "#domain/pipeline.ts";
import type { StoredRows } from "#domain/report/measure-cell.ts";
import { rehearse } from "#domain/report/rehearse.ts";
import type { Report } from "#domain/report/report.ts";
import { type PipelineSources, requirePipeline } from "./find-pipeline.ts";
import { readBody, readRoute } from "./read-request.ts";

export const rehearsePipelineTrigger = {
  methods: ["POST"] satisfies HttpMethod[],
  route: "pipelines/{id}/rehearse",
  authLevel: "function",
} as const;

export interface ReportReader {
  /** Null where there is no report of a verdict. */
  read(id: string): Promise<Report | null>;
}

/** The verdict that the stored rows would get from the gate in the body; nothing is written. */
export function createRehearsePipeline(
  reports: ReportReader,
  rows: StoredRows,
  sources: PipelineSources,
): HttpHandler {
  return async (request) => {
    const policy = await readBody(request, GatePolicy);
    const { id } = readRoute(request, rehearsePipelineTrigger.route);
    const pipeline = await requirePipeline(sources, id);
    const report = await reports.read(pipeline.id);
    if (report === null) throw noReport(pipeline);
    return { jsonBody: await rehearse(policy, report, rows) };
  };
}

/** Why a pipeline has nothing to look at. */
export function noReport({ id, status, stage, verdict }: Pipeline): PipelineError {
  return new PipelineError("RESULTS_MISSING", `${id} ${whyNone()}.`);

  function whyNone(): string {
    if (verdict !== null && status !== "running") {
      return "has no report: it could not be written, and step decide has the reason";
    }
    return status === "running"
      ? `has no rows and no report yet, it is ${stage}: ask again when it has its verdict`
      : `ended as ${status}, without a verdict, so it has no report`;
  }
}
