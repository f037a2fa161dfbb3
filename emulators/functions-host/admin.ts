import type { RegisteredFunction } from "./app-registry.ts";
import { answerDirectInvoke, type DirectInvokeOptions } from "./direct-invoke.ts";
import type { Listing } from "./home-page.ts";
import type { HostJson } from "./host-json.ts";

export interface AdminOptions extends DirectInvokeOptions {
  readonly origin: string;
  readonly hostJson: HostJson;
  readonly functions: readonly RegisteredFunction[];
  readonly listings: readonly Listing[];
  /** Milliseconds since the host started. */
  readonly uptime: () => number;
}

const NOT_FOUND = { status: 404 } as const;

/** Answers `/admin/…`, the path being what follows: what the host and its functions are, and starting a function. */
export async function answerAdmin(
  request: Request,
  path: string,
  options: AdminOptions,
): Promise<Response> {
  const { method } = request;
  const [area = "", name = "", rest, ...more] = path.replace(/\/$/, "").split("/");
  if (more.length > 0) return new Response(null, NOT_FOUND);
  if (area === "functions" && method === "POST" && rest === undefined) {
    return answerDirectInvoke(request, decodeName(name), options);
  }
  if (area === "host" && name === "ping" && method === "POST") return new Response(null);
  if (method !== "GET") return new Response(null, NOT_FOUND);
  if (area === "host" && rest === undefined) return answerHost(name, options);
  return area === "functions"
    ? answerFunctions(decodeName(name), rest, options)
    : new Response(null, NOT_FOUND);
}

function decodeName(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    // No function has such a name.
    return name;
  }
}

function answerHost(name: string, options: AdminOptions): Response {
  if (name === "ping") return new Response(null);
  if (name === "status") return Response.json(hostStatus(options));
  return name === "config"
    ? Response.json(options.hostJson.settings)
    : new Response(null, NOT_FOUND);
}

function answerFunctions(name: string, rest: string | undefined, options: AdminOptions): Response {
  const all = options.listings.map((listing) => functionStatus(listing, options));
  if (name === "") return Response.json(all);
  const found = all.find((one) => one.name.toLowerCase() === name.toLowerCase());
  if (!found || (rest !== undefined && rest !== "status")) return new Response(null, NOT_FOUND);
  return Response.json(rest === "status" ? {} : found);
}

function hostStatus({ uptime, hostJson }: AdminOptions) {
  const { extensionBundle } = hostJson.settings;
  return {
    id: "flowgate-functions-host",
    state: "Running",
    version: "4.1037.0.0",
    versionDetails: "4.1037.0 (emulator)",
    platformVersion: "",
    instanceId: "",
    computerName: "",
    processUptime: Math.round(uptime()),
    functionAppContentEditingState: "Unknown",
    ...(extensionBundle ? { extensionBundle } : {}),
  };
}

function functionStatus({ name, trigger, url, problem }: Listing, options: AdminOptions) {
  const { origin, functions } = options;
  const registered = functions.find((one) => one.name === name);
  const bindings = Object.entries(registered?.metadata.bindings ?? {});
  const files = `${origin}/admin/vfs`;
  const scriptFile = registered?.scriptFile ?? null;
  return {
    name,
    script_root_path_href: `${files}/`,
    script_href: scriptFile && `${files}/${scriptFile}`,
    config_href: null,
    test_data_href: `${files}/data/Functions/sampledata/${name}.dat`,
    href: `${origin}/admin/functions/${name}`,
    invoke_url_template: trigger === "httpTrigger" ? (url ?? null) : null,
    language: "node",
    config: {
      name,
      entryPoint: null,
      scriptFile,
      language: "node",
      functionDirectory: null,
      bindings: bindings.map(([key, binding]) => ({ ...binding, name: key })),
    },
    files: null,
    test_data: "",
    isDisabled: problem === "disabled by a setting",
    isDirect: true,
    isProxy: false,
  };
}
