import { EventType, type HistoryEvent } from "./events.ts";
import type { HttpRequest, HttpResult } from "./http-request.ts";

/** What follows an answer 202: a wait and a request, or nothing at all because Azure cannot go on from there. */
export type NextPoll =
  | { readonly request: HttpRequest; readonly delayMs: number }
  | { readonly problem: string };

/** Whether the SDK waits for a timer and another request after this completion of an HTTP call. */
export function isPolledOn(request: HttpRequest, event: HistoryEvent): boolean {
  if (!request.asynchronousPatternEnabled) return false;
  const result = resultOf(event);
  return result?.statusCode === 202 && Boolean(headerOf(result, "location"));
}

/** For a completion that is polled on. `defaultDelayMs` is for an answer without a Retry-After. */
export function nextPoll(
  request: HttpRequest,
  event: HistoryEvent,
  defaultDelayMs: number,
): NextPoll {
  const result = resultOf(event);
  const location = String(result && headerOf(result, "location"));
  const retryAfter = result && headerOf(result, "retry-after");
  if (!URL.canParse(location)) {
    return { problem: `the Location '${location}' of a 202 is not an absolute URL` };
  }
  if (retryAfter !== undefined && !/^\s*\d+\s*$/.test(String(retryAfter))) {
    return { problem: `the Retry-After '${retryAfter}' of a 202 is not a number of seconds` };
  }
  const delayMs = retryAfter === undefined ? defaultDelayMs : Number(retryAfter) * 1000;
  const headers = Object.entries(request.headers ?? {});
  return {
    delayMs,
    request: {
      method: "GET",
      uri: location,
      // The key was the first function's; where its Location points another one is asked for.
      headers: Object.fromEntries(
        headers.filter(([name]) => name.toLowerCase() !== "x-functions-key"),
      ),
      tokenSource: request.tokenSource,
      asynchronousPatternEnabled: true,
    },
  };
}

function resultOf({ EventType: type, Result }: HistoryEvent): HttpResult | undefined {
  return type === EventType.TaskCompleted ? (JSON.parse(String(Result)) as HttpResult) : undefined;
}

function headerOf({ headers }: HttpResult, name: string) {
  return Object.entries(headers).find(([known]) => known.toLowerCase() === name)?.[1];
}
