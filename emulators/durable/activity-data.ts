import { textOf } from "./orchestrator-state.ts";
import type { Failure, ReturnValue } from "./worker.ts";

/** The text that an activity's trigger gets for what the orchestrator passed; null for nothing. */
export function activityInput(input: unknown): string | null {
  // The extension turns a boolean into .NET's text for it.
  if (typeof input === "boolean") return input ? "True" : "False";
  if (input === null || input === undefined) return null;
  // The SDK has already made JSON of a string.
  return typeof input === "string" ? input : textOf(input);
}

/** JSON text of what an activity returned; null for nothing. */
export function activityResult(value: ReturnValue | null | undefined): string | null {
  if (!value) return null;
  if (value.json !== undefined) return value.json;
  if (value.string !== undefined) return JSON.stringify(value.string);
  if (value.bytes !== undefined) return JSON.stringify(Buffer.from(value.bytes).toString("base64"));
  const number = value.int ?? value.double;
  if (number === undefined) return null;
  return Number.isFinite(number) ? String(number) : JSON.stringify(String(number));
}

/** The fields of a TaskFailed event. */
export function activityFailure(
  name: string,
  error: Failure,
): { readonly Reason: string; readonly Details: string | null; readonly FailureDetails: unknown } {
  const details = describedFailure(error.message);
  if (details) {
    const Reason = `Activity function '${name}' failed with an unhandled exception.`;
    return { Reason, Details: null, FailureDetails: details };
  }
  const message = error.message === "" ? "  " : ` ${error.message}`;
  return {
    Reason: `Activity function '${name}' failed: ${message}`,
    Details: JSON.stringify(dotnetException(message, error)),
    FailureDetails: null,
  };
}

/** What the SDK puts in place of the message when the app has an exception properties provider. */
function describedFailure(message: string): unknown {
  if (!message.startsWith('{"errorType":')) return undefined;
  try {
    const failure = JSON.parse(message) as Record<string, unknown>;
    return {
      ErrorType: failure.errorType,
      ErrorMessage: failure.errorMessage,
      StackTrace: failure.stackTrace ?? null,
      InnerFailure: null,
      IsNonRetriable: failure.isNonRetriable === true,
      Properties: failure.properties ?? null,
    };
  } catch {
    // An app may throw a message that only begins like that.
    return undefined;
  }
}

function dotnetException(message: string, { message: text, stack }: Failure) {
  return {
    $type: "System.Exception, System.Private.CoreLib",
    ClassName: "System.Exception",
    Message: message,
    Data: null,
    InnerException: {
      $type:
        "Microsoft.Azure.WebJobs.Script.Workers.Rpc.RpcException, Microsoft.Azure.WebJobs.Script",
      ClassName: "Microsoft.Azure.WebJobs.Script.Workers.Rpc.RpcException",
      Message: `Result: Failure\nException: ${text}\nStack: ${stack}`,
      Data: null,
      InnerException: null,
    },
  };
}
