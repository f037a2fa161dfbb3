import { z } from "zod";
import { type ErrorBody, PipelineError } from "#domain/errors.ts";
import type { RunClaim } from "#domain/failed-lines.ts";
import { serviceError } from "./refusals.ts";

const MAX_MESSAGE = 500;
const NODE_IN_MESSAGE = /^(?:Execution failure|Tool load failed) in '([^']{1,100})'/;
const FILE_IN_MESSAGE = /Failed to load python module '([^']{1,300}?)(?::(\d{1,7}))?'/;
/** Names of nodes and exceptions; whatever else stands there could be content. */
const NAME = z.string().regex(/^[\w. -]{1,100}$/);

const RunError = z.object({
  message: z.string().nullish(),
  messageParameters: z.object({ node_name: NAME.optional() }).nullish().catch(null),
  additionalInfo: z.unknown().optional(),
});
const Detail = z.object({
  info: z.object({
    type: NAME.nullish().catch(null),
    filename: z.string().nullish().catch(null),
    lineno: z.number().int().positive().nullish().catch(null),
  }),
});

export interface ErrorPlace {
  readonly message: string;
  readonly node: string | null;
  /** Class of the exception, else the service's own code. */
  readonly type: string | null;
  /** As the machine that ran it names it. */
  readonly filename: string | null;
  /** From 1. */
  readonly lineno: number | null;
}

/** What an error of a run or of one of its lines says, and where; any shape will do. */
export function readRunError(error: unknown): ErrorPlace {
  const { message, messageParameters, additionalInfo } = RunError.catch({
    additionalInfo: undefined,
  }).parse(error);
  const details = z.array(z.unknown()).safeParse(additionalInfo).data ?? [];
  const info = details.map((detail) => Detail.safeParse(detail)).find((detail) => detail.success)
    ?.data?.info;
  const [, loading, at] = FILE_IN_MESSAGE.exec(message ?? "") ?? [];
  const code = NAME.safeParse(serviceError({ error })?.code).data ?? null;
  return {
    message: message ?? "",
    node: messageParameters?.node_name ?? NODE_IN_MESSAGE.exec(message ?? "")?.[1] ?? null,
    type: info?.type ?? code,
    filename: info?.filename ?? loading ?? null,
    lineno: info?.lineno ?? (at === undefined ? null : Number(at)),
  };
}

/** RUN_FAILED; the file is named as in the app when the flow's folder is known. */
export function runFailure(run: string, error: unknown, flow: FlowOfRun): ErrorBody {
  const { message, node, filename, lineno } = readRunError(error);
  const reason = message.trim().slice(0, MAX_MESSAGE) || "the service gives no reason";
  const file = filename === null ? null : fileInApp(filename, flow);
  const text = `Run ${run} failed: ${reason}`;
  return new PipelineError("RUN_FAILED", text, {
    where: { node, file, line: file === null ? null : lineno },
  }).body;
}

const Summary = z.object({
  userErrorChildRuns: z.number().int().min(0),
  systemErrorChildRuns: z.number().int().min(0),
});

/** What an error says that a run Completed with. Its message is a line's, so only names are taken out of it. */
export function partialFailure(error: unknown): NonNullable<RunClaim["error"]> {
  const { node, type } = readRunError(error);
  const format = z.object({ messageFormat: z.string() }).safeParse(error).data?.messageFormat;
  const summary = Summary.safeParse(parseJson(format ?? "")).data;
  const failedLines = summary ? summary.userErrorChildRuns + summary.systemErrorChildRuns : null;
  return { failedLines, node, type };
}

/** The message's format is such a summary, or a text with names in braces. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export interface FlowOfRun {
  /** Folder in the app; null when the run does not say. */
  readonly folder: string | null;
  /** Its last name as it was uploaded. */
  readonly name: string;
}

/** The path on the machine ends in the flow's folder, the run's or a temporary one; what follows it is the app's. */
function fileInApp(filename: string, { folder, name }: FlowOfRun): string {
  const parts = filename.replaceAll("\\", "/").split("/");
  const start = name === "" ? -1 : parts.lastIndexOf(name);
  const inside = start === -1 ? parts.slice(-1) : parts.slice(start + 1);
  return [...(folder ?? name).split("/"), ...inside].filter(Boolean).join("/");
}
