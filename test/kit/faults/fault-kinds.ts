import type { Call } from "./fault-calls.ts";

/** What goes wrong with a call, and how long. */
export interface FaultKind {
  readonly name: string;
  readonly does: Readonly<Record<string, unknown>>;
  /** How often in a row. */
  readonly times: number;
  appliesTo(call: Call): boolean;
  /** Whether it is got over as if nothing had been. */
  readonly passes: boolean;
  /** What the error of a pipeline says that could not get over it. */
  readonly says: RegExp;
}

const FOR_EVER = Number.MAX_SAFE_INTEGER;
/** Longer than any deadline of one call. */
const TOO_LATE_MS = 150_000;
const PAGE = { status: 200, headers: { "content-type": "text/html" }, body: "<html>Hello</html>" };

const isCreation = ({ method, name }: Call) =>
  method === "PUT" || /^POST .*\/(submit|FlowSessions\/\*|FlowRuntimes\/\*)$/.test(name);
const isRemoval = ({ method }: Call) => method === "DELETE";
const isScoring = ({ name }: Call) => name.endsWith("/score");
/** What a name is looked up by. */
const isReading = ({ part, method, name }: Call) =>
  part === "azureMl" && method === "GET" && name.endsWith("*");
const always = () => true;
/** Storage says 503 instead. */
const isThrottledBy429 = ({ part }: Call) => part !== "storage";
/** Scoring is let in by a key. */
const withToken = (call: Call) => call.part === "azureMl" && !isScoring(call);
const isAzureMl = ({ part }: Call) => part === "azureMl";

const effects = [
  ["500", status(500), always],
  ["503", status(503), always],
  ["429", { ...status(429), headers: { "retry-after": "1" } }, isThrottledBy429],
  ["429 for a minute", { ...status(429), headers: { "retry-after": "60" } }, isThrottledBy429],
  ["403", status(403), isAzureMl],
  ["404", status(404), isAzureMl],
  ["409", status(409), (call: Call) => isAzureMl(call) && (isCreation(call) || isRemoval(call))],
  ["401", status(401), isAzureMl],
  ["expired token", { expire: true }, withToken],
  ["drop before", { drop: "before" }, always],
  ["drop after", { drop: "after" }, always],
  ["delay", { delayMs: TOO_LATE_MS }, always],
  ["page", PAGE, (call: Call) => call.part === "azureMl" && !isScoring(call)],
] as const;

/** Effects that pass, by how often they are met before. */
const PASSING = new Map<string, number>([
  ["500", 2],
  ["503", 2],
  ["429", 2],
  ["429 for a minute", 1],
  ["404", 1],
  ["409", 1],
  ["expired token", 1],
  ["drop before", 1],
  ["drop after", 1],
  ["delay", 1],
  ["page", 1],
]);

const UNANSWERED = /No answer (to|from) .+|did not answer/;

export const passing: readonly FaultKind[] = effects.flatMap(([name, does, appliesTo]) => {
  const times = PASSING.get(name);
  if (times === undefined) return [];
  const applies = name === "404" ? isReading : appliesTo;
  const kind = { does, times, appliesTo: applies, passes: true, says: UNANSWERED };
  return [{ name: `${name} ×${times}`, ...kind }];
});

export const lasting: readonly FaultKind[] = effects
  .filter(([name]) => name !== "429 for a minute")
  .map(([name, does, appliesTo]) => ({
    name: `${name} for ever`,
    does,
    times: FOR_EVER,
    passes: false,
    // What storage lost for ever nobody could tell: there is no other place for it.
    appliesTo: (call: Call) => call.part !== "storage" && appliesTo(call),
    says: saysOf(name),
  }));

function saysOf(effect: string): RegExp {
  if (effect === "page") return /with a page of HTML|without a JSON object/;
  // That something is not there is an answer, which shows only in what comes of it.
  if (effect === "404") {
    return /answered 404\b|does not know it|is still there|not ready in time|no deployment of|There is no endpoint|did not take effect|was deleted after it was registered/;
  }
  if (effect === "expired token") return /answered 401\b/;
  if (/^\d+$/.test(effect)) return new RegExp(`answered ${effect}\\b`);
  return UNANSWERED;
}

function status(code: number) {
  return { status: code, body: { error: { code: "Injected", message: "As was asked for." } } };
}
