import type { HttpHandler, HttpMethod } from "@azure/functions";

export const healthTrigger = {
  methods: ["GET"] satisfies HttpMethod[],
  route: "health",
  authLevel: "anonymous",
} as const;

export function createHealth(version: string): HttpHandler {
  return () => ({ jsonBody: { status: "ready", version } });
}
