interface Problem {
  readonly status: 400 | 404 | 500;
  readonly type: "invalid_request_error" | "server_error";
  readonly message: string;
  /** The offending parameter, as `messages[1].role`. */
  readonly param: string | null;
  readonly code: string | null;
}

/** A refusal in OpenAI's terms. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: Problem["status"];
  readonly problem: Problem;

  constructor(problem: Problem, options?: ErrorOptions) {
    super(problem.message, options);
    this.status = problem.status;
    this.problem = problem;
  }

  static invalid(code: string | null, param: string | null, message: string): ApiError {
    return new ApiError({ status: 400, type: "invalid_request_error", message, param, code });
  }

  static noRoute(method: string, path: string): ApiError {
    const message = `No route for ${method} ${path}. Chat is POST /v1/chat/completions or POST /openai/deployments/{deployment}/chat/completions.`;
    const code = "unknown_url";
    return new ApiError({
      status: 404,
      type: "invalid_request_error",
      message,
      param: null,
      code,
    });
  }

  static internal(cause: Error): ApiError {
    const message = `The model failed: ${cause.message}`;
    return new ApiError(
      { status: 500, type: "server_error", message, param: null, code: null },
      { cause },
    );
  }
}

export function errorBody({ problem: { message, type, param, code } }: ApiError) {
  return { error: { message, type, param, code } };
}
