import type { RegisteredFunction } from "./app-registry.ts";
import type { KeyHolder, KeyRing } from "./keys.ts";

/** What a caller without the right key gets from a function; undefined lets the request pass. */
export function refuseFunction(
  request: Request,
  { name, trigger }: RegisteredFunction,
  keys: KeyRing,
): Response | undefined {
  const level = String(trigger.binding.authLevel ?? "function").toLowerCase();
  if (level === "anonymous") return undefined;
  const holder = holderOf(request, keys);
  return holder && opensFunction(holder, name, level) ? undefined : unauthorized();
}

function opensFunction(holder: KeyHolder, name: string, level: string): boolean {
  if (holder.level === "master") return true;
  if (level === "admin") return false;
  return holder.level === "function" ? holder.name === name : holder.level === "host";
}

/** `/admin/…` takes the master key; whether the host is there at all may be asked without. */
export function refuseAdmin(request: Request, path: string, keys: KeyRing): Response | undefined {
  if (path === "host/ping") return undefined;
  const holder = holderOf(request, keys);
  if (!holder) return unauthorized({ "www-authenticate": "Bearer" });
  return holder.level === "master" ? undefined : new Response(null, { status: 403 });
}

/** Webhooks take their extension's system key or the master key. */
export function refuseWebhook(
  request: Request,
  extension: string,
  keys: KeyRing,
): Response | undefined {
  const holder = holderOf(request, keys);
  if (!holder) return unauthorized();
  const isRight =
    holder.level === "master" ||
    (holder.level === "system" && holder.name === `${extension}_extension`);
  return isRight ? undefined : new Response(null, { status: 403 });
}

/** The header wins: a wrong one is not made good by the query. */
function holderOf(request: Request, keys: KeyRing): KeyHolder | undefined {
  const { searchParams } = new URL(request.url);
  const presented = request.headers.get("x-functions-key") ?? searchParams.get("code");
  return presented ? keys.holderOf(presented) : undefined;
}

function unauthorized(headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(null, { status: 401, headers });
}
