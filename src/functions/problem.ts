import type { HttpResponseInit } from "@azure/functions";
import { z } from "zod";
import { type ErrorCode, PipelineError, type Problem } from "#domain/errors.ts";
import { issueWords, pathText } from "#domain/manifest/issues.ts";

interface Kind {
  readonly status: number;
  readonly title: string;
}

const UNEXPECTED: Kind = { status: 500, title: "Something went wrong here" };

/** Codes that an HTTP caller can meet; all others are our own trouble. */
const KINDS: Partial<Record<ErrorCode, Kind>> = {
  APP_UNKNOWN: { status: 404, title: "No such app" },
  AZURE_BUSY: { status: 503, title: "Azure is busy" },
  BUNDLE_INVALID: { status: 400, title: "The bundle cannot be used" },
  BUNDLE_TOO_LARGE: { status: 413, title: "The bundle is too large" },
  BUNDLE_UNKNOWN: { status: 404, title: "No such bundle" },
  DATA_UNKNOWN: { status: 404, title: "No such dataset" },
  DEPLOY_NOT_ALLOWED: { status: 403, title: "Deployment is not allowed" },
  MANIFEST_INVALID: { status: 400, title: "The manifest is not valid" },
  PIPELINE_UNKNOWN: { status: 404, title: "No such pipeline" },
  REQUEST_INVALID: { status: 400, title: "The request is not valid" },
  RESULTS_MISSING: { status: 409, title: "The pipeline has no such results" },
};

const RETRY_AFTER_SECONDS = "5";

/** An error as `application/problem+json` (RFC 9457). */
export function problemResponse(error: unknown): HttpResponseInit {
  const known = error instanceof PipelineError ? error : undefined;
  const code = known?.code ?? "INTERNAL";
  const { status, title } = KINDS[code] ?? UNEXPECTED;
  const detail = known?.message ?? "An unexpected error; the log of the function app has it.";
  const type = `urn:flowgate:error:${code}`;
  const body = { type, title, status, detail, code, problems: known?.problems ?? [] };
  return {
    status,
    headers: {
      "content-type": "application/problem+json",
      ...(status === 503 ? { "retry-after": RETRY_AFTER_SECONDS } : {}),
    },
    body: JSON.stringify(body),
  };
}

/** REQUEST_INVALID with a problem for every issue. */
export function requestProblem(
  detail: string,
  issues: readonly z.core.$ZodIssue[],
  shape?: z.ZodType,
): PipelineError {
  const schema = shape && z.toJSONSchema(shape, { io: "input", unrepresentable: "any" });
  const problems = issueWords(issues, schema).map(
    ({ path, message }): Problem => ({ path: pathText(path), message }),
  );
  return new PipelineError("REQUEST_INVALID", detail, { problems });
}
