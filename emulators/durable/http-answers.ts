const JSON_TYPE = { "content-type": "application/json; charset=utf-8" };

export function empty(status: number): Response {
  return new Response(null, { status });
}

/** `text` is sent as it is. */
export function json(text: string, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(text, { status, headers: { ...JSON_TYPE, ...headers } });
}

/** The extension's error body. */
export function message(
  status: number,
  text: string,
  more: Readonly<Record<string, string>> = {},
): Response {
  return json(JSON.stringify({ Message: text, ...more }), status);
}

export function invalidJson(problem: string): Response {
  return message(400, "Invalid JSON content", {
    ExceptionMessage: problem,
    ExceptionType: "Newtonsoft.Json.JsonReaderException",
    StackTrace: "",
  });
}

export function invalidArgument(problem: string): Response {
  return message(400, "One or more of the arguments submitted is incorrect", {
    ExceptionMessage: problem,
    ExceptionType: "System.ArgumentException",
    StackTrace: "",
  });
}

export function serverError(problem: string): Response {
  return message(500, "Something went wrong while processing your request", {
    ExceptionMessage: problem,
    ExceptionType: "System.InvalidOperationException",
    StackTrace: "",
  });
}
