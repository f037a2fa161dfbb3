import type { RegisteredFunction } from "./app-registry.ts";
import type { BlobTrigger } from "./blob-trigger.ts";
import type { Run } from "./invocation.ts";
import type { HostLog } from "./log.ts";
import type { TimerTrigger } from "./timer-trigger.ts";
import { eventInvocation } from "./webhooks.ts";

export interface DirectInvokeOptions {
  readonly usable: readonly RegisteredFunction[];
  readonly blobs: BlobTrigger;
  readonly timers: readonly TimerTrigger[];
  readonly log: HostLog;
  readonly run: Run;
}

/** Answers `POST /admin/functions/{name}`: 202 for whatever JSON; what comes of it only the log says. */
export async function answerDirectInvoke(
  request: Request,
  name: string,
  options: DirectInvokeOptions,
): Promise<Response> {
  const target = options.usable.find((one) => one.name.toLowerCase() === name.toLowerCase());
  if (!target) return new Response(null, { status: 404 });
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/([\w.-]+\+)?json\b/i.test(type)) return new Response(null, { status: 415 });
  let body: unknown;
  try {
    body = JSON.parse(await request.text());
  } catch {
    return new Response("The body is not JSON.\n", { status: 400 });
  }
  const { input = "" } = (body ?? {}) as { input?: unknown };
  const text = typeof input === "string" ? input : JSON.stringify(input);
  void invokeDirectly(target, text, options).catch((error: unknown) => {
    const problem = error instanceof Error ? error.message : String(error);
    options.log.host("error", `${target.name} could not be invoked directly: ${problem}`);
  });
  return new Response(null, { status: 202 });
}

async function invokeDirectly(
  target: RegisteredFunction,
  input: string,
  { blobs, timers, run }: DirectInvokeOptions,
): Promise<void> {
  const { name, trigger } = target;
  switch (trigger.binding.type) {
    case "timerTrigger":
      await timers.find((timer) => timer.name === name)?.fireNow();
      return;
    case "blobTrigger":
      return blobs.runNow(name, input);
    case "eventGridTrigger":
      await run(target, eventInvocation(JSON.parse(input) as Record<string, unknown>));
      return;
    case "httpTrigger":
      throw new Error("An HttpRequest is required. Call the function's own URL.");
    case "orchestrationTrigger":
      throw new Error(
        "Durable orchestrator functions do not support direct invocation. Start an instance instead.",
      );
    case "entityTrigger":
      throw new Error(
        "Durable entity functions do not support direct invocation. Signal an entity instead.",
      );
    default:
      await run(target, { data: { string: input } });
  }
}
