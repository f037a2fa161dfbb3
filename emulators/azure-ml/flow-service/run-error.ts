import {
  type BatchResult,
  FlowError,
  type FlowErrorBody,
} from "#emulators/azure-ml/engine/engine.ts";
import { mlError } from "#emulators/azure-ml/errors.ts";
import { type Service, utc } from "#emulators/azure-ml/service.ts";
import { messageOf } from "#emulators/azure-ml/work.ts";
import type { RunTally } from "./run-tally.ts";

export const RUNTIME_VERSION = "20240429.v8";
const RUNTIME = `promptflow-runtime/${RUNTIME_VERSION} (flowgate emulator)`;
/** What the service writes where it knows no time. */
const NO_TIME = "0001-01-01T00:00:00+00:00";

/** Why a whole run ended Failed. */
export function wholeRunError(service: Service, error: unknown) {
  const body = error instanceof FlowError ? error.body : systemError(error);
  return mlError(service.place, {
    message: body.message,
    messageFormat: body.messageFormat,
    code: body.code,
    innerCodes: body.innerCodes,
    referenceCode: "Core",
    additionalInfo: body.additionalInfo ?? null,
    componentName: RUNTIME,
    time: utc(service.clock.now()),
  });
}

/** What a Completed run carries when lines or an aggregation node failed; null when none did. */
export function partialError(service: Service, { aggregationError }: BatchResult, tally: RunTally) {
  const failures = tally.failures();
  const first = failures[0]?.error ?? aggregationError?.error;
  if (!first) return null;
  const countOf = (kind: FlowErrorBody["code"]) =>
    failures.reduce((sum, { error, count }) => sum + (error.code === kind ? count : 0), 0);
  return mlError(service.place, {
    message: first.message,
    messageFormat: JSON.stringify({
      totalChildRuns: tally.lines,
      userErrorChildRuns: countOf("UserError"),
      systemErrorChildRuns: countOf("SystemError"),
      errorDetails: summary(failures.length > 0 ? failures : [{ error: first, count: 1 }]),
    }),
    code: first.code,
    innerCodes: first.innerCodes,
    referenceCode: "Tool/__pf_main__",
    additionalInfo: first.additionalInfo ?? null,
    componentName: RUNTIME,
    time: utc(service.clock.now()),
  });
}

/** The session of a run did not come up. */
export function provisioningError(service: Service, message: string) {
  return mlError(service.place, {
    message: `${message} Please check promptflow-automatic.log for more details.`,
    code: "UserError",
    innerCodes: ["BadArgument", "ArgumentInvalid", "AutomaticRuntimeFailed"],
    referenceCode: "SubmitFailedInPfo",
    componentName: "PromptFlowOrchestrator",
    time: NO_TIME,
  });
}

function summary(failures: readonly { readonly error: FlowErrorBody; readonly count: number }[]) {
  return failures.map(({ error: { code, innerCodes, messageFormat }, count }) => ({
    code: [code, ...innerCodes].join("/"),
    messageFormat,
    count,
  }));
}

function systemError(error: unknown): FlowErrorBody {
  const message = messageOf(error);
  return {
    message,
    messageFormat: message,
    code: "SystemError",
    innerCodes: ["RunExecutionError"],
  };
}
