/** Which pages of other origins may call, as `local.settings.json` says under `Host`. */
export interface CorsSettings {
  /** As written there; "*" for every origin. */
  readonly origins: readonly string[];
  readonly credentials: boolean;
}

/** Undefined when the file says nothing of other origins. */
export function corsSettings(host: Readonly<Record<string, unknown>>): CorsSettings | undefined {
  const { CORS, CORSCredentials } = host;
  if (typeof CORS !== "string" || CORS.trim() === "") return undefined;
  return {
    origins: CORS.split(",").map((origin) => origin.trim().replace(/\/$/, "")),
    credentials: String(CORSCredentials).toLowerCase() === "true",
  };
}

/** Answers preflights itself and adds to all other answers what the caller's browser has to see, as Core Tools does. */
export async function withCors(
  request: Request,
  settings: CorsSettings | undefined,
  answer: () => Promise<Response>,
): Promise<Response> {
  const origin = request.headers.get("origin");
  if (!settings || origin === null) return answer();
  const allowed = allowedHeaders(origin, settings);
  const asked = request.headers.get("access-control-request-method");
  if (request.method === "OPTIONS" && asked !== null) {
    return new Response(null, {
      status: 204,
      headers: allowed ? { ...allowed, ...preflightHeaders(request, asked) } : {},
    });
  }
  const response = await answer();
  for (const [name, value] of Object.entries(allowed ?? {})) response.headers.append(name, value);
  return response;
}

function allowedHeaders(
  origin: string,
  { origins, credentials }: CorsSettings,
): Readonly<Record<string, string>> | undefined {
  const isEvery = origins.includes("*");
  const isListed = origins.some((one) => one.toLowerCase() === origin.toLowerCase());
  if (!isEvery && !isListed) return undefined;
  // A browser takes no star together with credentials.
  if (isEvery && !credentials) return { "access-control-allow-origin": "*" };
  return {
    "access-control-allow-origin": origin,
    vary: "Origin",
    ...(credentials ? { "access-control-allow-credentials": "true" } : {}),
  };
}

function preflightHeaders(request: Request, method: string): Readonly<Record<string, string>> {
  const headers = request.headers.get("access-control-request-headers");
  return {
    "access-control-allow-methods": method,
    ...(headers ? { "access-control-allow-headers": headers } : {}),
  };
}
