import type { RegisteredFunction } from "./app-registry.ts";
import { resolveSettings } from "./app-settings.ts";
import { blobFunction } from "./blob-functions.ts";
import type { Listing } from "./home-page.ts";
import { type HttpFunction, httpFunction } from "./http-trigger.ts";
import { queueNameOf } from "./queue-trigger.ts";
import { retryPolicyOf } from "./retry-policy.ts";
import { checkBindings, refuseSdkBinding } from "./storage-bindings.ts";
import { scheduleOf } from "./timer-trigger.ts";

/** The app's functions, sorted out. */
export interface FunctionTable {
  /** In order of name. */
  readonly listings: readonly Listing[];
  readonly usable: readonly RegisteredFunction[];
  readonly http: readonly HttpFunction[];
}

type Environment = Readonly<Record<string, string | undefined>>;

const EMULATED_TRIGGERS: readonly string[] = [
  "orchestrationTrigger",
  "activityTrigger",
  "entityTrigger",
  "timerTrigger",
  "blobTrigger",
  "queueTrigger",
  "httpTrigger",
  "eventGridTrigger",
];

/** Throws when two names differ only in case, as the host then does not start. */
export function tableOf(
  functions: readonly RegisteredFunction[],
  routePrefix: string,
  origin: string,
  environment: Environment,
): FunctionTable {
  refuseTwins(functions);
  const usable: RegisteredFunction[] = [];
  const http: HttpFunction[] = [];
  const byName = functions.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const listings = byName.map((registered): Listing => {
    const { name, trigger } = registered;
    const { type } = trigger.binding;
    const listing = { name, trigger: type, methods: [], url: undefined, problem: undefined };
    try {
      refuseUnsupported(registered);
      checkBindings(registered);
      checkTrigger(registered, (text) => resolveSettings(text, environment));
      if (isDisabled(name, environment)) return { ...listing, problem: "disabled by a setting" };
      usable.push(registered);
      if (type !== "httpTrigger") return { ...listing, url: webhookUrl(registered, origin) };
      const entry = httpFunction(registered, routePrefix, (text) =>
        resolveSettings(text, environment),
      );
      http.push(entry);
      return { ...listing, methods: entry.methods, url: `${origin}/${entry.template}` };
    } catch (error) {
      return { ...listing, problem: error instanceof Error ? error.message : String(error) };
    }
  });
  return { listings, usable, http };
}

function refuseTwins(functions: readonly RegisteredFunction[]): void {
  const names = new Map<string, string>();
  for (const { name } of functions) {
    const twin = names.get(name.toLowerCase());
    if (twin) {
      throw new Error(
        `The functions '${twin}' and '${name}' differ only in case, and the host does not start with both. Rename one.`,
      );
    }
    names.set(name.toLowerCase(), name);
  }
}

function refuseUnsupported({ trigger }: RegisteredFunction): void {
  const { type } = trigger.binding;
  if (EMULATED_TRIGGERS.includes(type)) {
    refuseSdkBinding(trigger.binding);
    return;
  }
  throw new Error(`the trigger ${type} is not emulated`);
}

/** Throws for a path, a schedule or a retry policy that cannot be read. */
function checkTrigger(registered: RegisteredFunction, resolve: (text: string) => string): void {
  const { type } = registered.trigger.binding;
  retryPolicyOf(registered.metadata);
  if (type === "timerTrigger") scheduleOf(registered, resolve);
  if (type === "blobTrigger") blobFunction(registered, resolve);
  if (type === "queueTrigger") queueNameOf(registered, resolve);
}

function webhookUrl({ name, trigger }: RegisteredFunction, origin: string): string | undefined {
  const { type, source } = trigger.binding;
  if (type === "blobTrigger" && source === "EventGrid") {
    return `${origin}/runtime/webhooks/blobs?functionName=Host.Functions.${name}`;
  }
  return type === "eventGridTrigger"
    ? `${origin}/runtime/webhooks/eventgrid?functionName=${name}`
    : undefined;
}

function isDisabled(name: string, environment: Environment): boolean {
  const setting = environment[`AzureWebJobs.${name}.Disabled`]?.toLowerCase();
  return setting === "true" || setting === "1";
}
