import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { inject } from "vitest";

declare module "vitest" {
  interface ProvidedContext {
    /** Where the host under test serves the suite's app; no trailing slash. */
    readonly hostUrl: string;
  }
}

/** The suite knows nothing of the host but this. */
export const HOST = inject("hostUrl");

const DURABLE = `${HOST}/runtime/webhooks/durabletask`;
const POLL_MS = 20;
const PATIENCE_MS = 50_000;

export interface Status {
  readonly name: string;
  readonly instanceId: string;
  readonly runtimeStatus: string;
  readonly input: unknown;
  readonly customStatus: unknown;
  readonly output: unknown;
  readonly createdTime: string;
  readonly historyEvents?: readonly Readonly<Record<string, unknown>>[];
}

/** Ids differ from run to run: the host may keep its instances. */
export function newId(name: string): string {
  return `${name}-${randomUUID().slice(0, 8)}`;
}

/** Calls the management API; a body is sent as JSON. */
export function manage(method: string, path: string, body?: unknown): Promise<Response> {
  const headers = { "content-type": "application/json" };
  const init = body === undefined ? {} : { body: JSON.stringify(body), headers };
  return fetch(`${DURABLE}/${path}`, { method, ...init });
}

/** The answer's status and its body: parsed where it is JSON, else as text. */
export async function answerOf(response: Response): Promise<readonly [number, unknown]> {
  const text = await response.text();
  try {
    return [response.status, JSON.parse(text) as unknown];
  } catch {
    return [response.status, text];
  }
}

/** Starts an instance and resolves with its id; `id` is as it appears in a path. */
export async function start(name: string, input: unknown = null, id = newId(name)) {
  const response = await manage("POST", `orchestrators/${name}/${id}`, input);
  if (response.status !== 202) throw new Error(`${name}: ${await response.text()}`);
  return id;
}

export async function read(id: string, query = ""): Promise<Status> {
  return (await manage("GET", `instances/${id}${query}`)).json() as Promise<Status>;
}

/** Asks again and again until `read` gives something: a host tells of nothing by itself. */
export async function until<Result>(ask: () => Promise<Result | undefined>): Promise<Result> {
  const end = Date.now() + PATIENCE_MS;
  while (Date.now() < end) {
    const result = await ask();
    if (result !== undefined) return result;
    await setTimeout(POLL_MS);
  }
  throw new Error(`It did not come to it within ${PATIENCE_MS / 1000} s.`);
}

/** Waits for one of the statuses; without any, for the end. */
export function untilStatus(id: string, ...statuses: readonly string[]): Promise<Status> {
  const wanted = statuses.length > 0 ? statuses : ["Completed", "Failed", "Terminated"];
  return until(async () => {
    const response = await manage("GET", `instances/${id}`);
    const status = response.ok ? ((await response.json()) as Status) : undefined;
    return status && wanted.includes(status.runtimeStatus) ? status : undefined;
  });
}

export async function run(name: string, input: unknown = null): Promise<Status> {
  return untilStatus(await start(name, input));
}

/** Resolves with the instance's status once other instances have come and gone. */
export async function afterOthers(id: string): Promise<Status> {
  for (let n = 0; n < 3; n += 1) await run("callOne", { name: "echo", input: { n } });
  return read(id);
}

export async function raise(id: string, name: string, data: unknown): Promise<void> {
  const response = await manage("POST", `instances/${id}/raiseEvent/${name}`, data);
  if (response.status !== 202) throw new Error(`raiseEvent: ${response.status}`);
}

/** Calls a method of the SDK's client inside the app. */
export async function client(verb: string, ...args: readonly unknown[]) {
  const response = await fetch(`${HOST}/api/client/${verb}`, {
    method: "POST",
    body: JSON.stringify(args),
  });
  return (await response.json()) as { readonly result?: unknown; readonly error?: string };
}
