import type { RegisteredFunction } from "./app-registry.ts";
import type { Listing } from "./home-page.ts";

export interface AdminOptions {
  readonly origin: string;
  readonly functions: readonly RegisteredFunction[];
  readonly listings: readonly Listing[];
  /** Milliseconds since the host started. */
  readonly uptime: () => number;
}

/** Answers `/admin/…`: enough to see that the host runs and what it runs. */
export function answerAdmin(path: string, method: string, options: AdminOptions): Response {
  if (method === "POST" && path === "host/ping") return new Response(null, { status: 200 });
  if (method !== "GET") return new Response(null, { status: 404 });
  if (path === "host/ping") return new Response(null, { status: 200 });
  if (path === "host/status") return Response.json(hostStatus(options));
  const all = options.listings.map((listing) => functionStatus(listing, options));
  if (path === "functions") return Response.json(all);
  const [area, name, rest] = path.split("/");
  const found = all.find((one) => one.name.toLowerCase() === name?.toLowerCase());
  if (area !== "functions" || !found) return new Response(null, { status: 404 });
  return Response.json(rest === "status" ? {} : found);
}

function hostStatus({ uptime }: AdminOptions) {
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
  };
}

function functionStatus({ name, url, problem }: Listing, { origin, functions }: AdminOptions) {
  const bindings = functions.find((one) => one.name === name)?.metadata.bindings ?? {};
  return {
    name,
    href: `${origin}/admin/functions/${name}`,
    invoke_url_template: url ?? null,
    language: "node",
    config: {
      name,
      language: "node",
      bindings: Object.entries(bindings).map(([key, binding]) => ({ ...binding, name: key })),
    },
    isDisabled: problem === "disabled by a setting",
    isDirect: true,
    isProxy: false,
  };
}
