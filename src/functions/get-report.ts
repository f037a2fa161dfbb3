import type { HttpHandler, HttpMethod, HttpRequest } from "@azure/functions";
import { type PipelineSources, requirePipeline } from "./find-pipeline.ts";
import { readRoute } from "./read-request.ts";
import { noReport } from "./rehearse-pipeline.ts";

export const getReportTrigger = {
  methods: ["GET"] satisfies HttpMethod[],
  route: "pipelines/{id}/report",
  authLevel: "function",
} as const;

/** What an `accept` that contains it gets; the first is for everybody else. */
const FORMS = [
  { form: "json", accepts: [], type: "application/json" },
  { form: "markdown", accepts: ["text/markdown"], type: "text/markdown; charset=utf-8" },
  { form: "junit", accepts: ["application/xml", "text/xml"], type: "application/xml" },
] as const;

export interface ReportTexts {
  /** Null where it is not there. */
  readText(id: string, form: (typeof FORMS)[number]["form"]): Promise<string | null>;
}

/** The report as JSON, for people or for CI, as it is stored. */
export function createGetReport(reports: ReportTexts, sources: PipelineSources): HttpHandler {
  return async (request) => {
    const { id } = readRoute(request, getReportTrigger.route);
    const pipeline = await requirePipeline(sources, id);
    const { form, type } = wantedForm(request);
    const body = await reports.readText(pipeline.id, form);
    if (body === null) throw noReport(pipeline);
    return { headers: { "content-type": type }, body };
  };
}

function wantedForm({ headers }: HttpRequest) {
  const accept = headers.get("accept") ?? "";
  return FORMS.find(({ accepts }) => accepts.some((type) => accept.includes(type))) ?? FORMS[0];
}
