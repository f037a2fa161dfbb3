/** The built-in activity behind `callHttp`. */
export const HTTP_ACTIVITY = "BuiltIn::HttpActivity";

/** What `callHttp` asks for, as the SDK writes it. */
export interface HttpRequest {
  readonly method: string;
  readonly uri: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>> | undefined;
  readonly content?: string | undefined;
  readonly tokenSource?: unknown;
  /** Whether a 202 with a Location is asked after until it is something else. */
  readonly asynchronousPatternEnabled?: boolean;
}

/** What the activity results in. */
export interface HttpResult {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly content: string;
}
