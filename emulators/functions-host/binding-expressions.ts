import { randomUUID } from "node:crypto";
import type { Invocation } from "./invocation.ts";
import type { HttpData, Nullable, TypedData } from "./typed-data.ts";

/** What `{name}` in a path or queue name may stand for; names are the same but for case. */
export type BindingValues = Readonly<Record<string, unknown>>;

const DEFAULT_TIME = "yyyy-MM-ddTHH-mm-ssK";

export type TriggerData = Pick<Invocation, "data" | "triggerMetadata">;

/** What a trigger gives: its metadata, the members of its JSON, and for HTTP the route, the query and the headers. */
export function bindingValues({ data, triggerMetadata = {} }: TriggerData): BindingValues {
  const metadata = Object.entries(triggerMetadata).map(([name, value]) => [
    name,
    plainValue(value),
  ]);
  return { ...dataValues(data), ...Object.fromEntries(metadata) };
}

function dataValues(data: TypedData | null): BindingValues {
  if (data?.http) return httpValues(data.http);
  return membersOf(data?.json ?? data?.string);
}

function httpValues({ nullableParams, nullableQuery, nullableHeaders, body }: HttpData) {
  const text = body?.bytes && Buffer.from(body.bytes).toString();
  const query = plain(nullableQuery);
  const headers = plain(nullableHeaders);
  return {
    ...query,
    ...membersOf(text),
    ...plain(nullableParams),
    Query: query,
    Headers: headers,
  };
}

function plain(values: Readonly<Record<string, Nullable>> = {}): BindingValues {
  return Object.fromEntries(Object.entries(values).map(([name, { value }]) => [name, value]));
}

/** Nothing for what is not a JSON object. */
export function membersOf(text: string | undefined): BindingValues {
  const value = parsed(text ?? "");
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as BindingValues)
    : {};
}

function plainValue({ string, json }: TypedData): unknown {
  return json === undefined ? string : parsed(json);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Any text may be in a queue or a request.
    return undefined;
  }
}

/** Puts values in the place of `{…}`. Throws, naming what there is, when one has no value. */
export function fillExpressions(text: string, values: BindingValues, now: number): string {
  return text.replace(/\{([^{}]+)\}/g, (whole, expression: string) => {
    const value = systemValue(expression, now) ?? lookUp(values, expression.split("."));
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
      return String(value);
    }
    const known = Object.keys(values).join(", ") || "nothing";
    throw new Error(`"${text}" asks for ${whole}, which has no value. The trigger gives ${known}.`);
  });
}

function systemValue(expression: string, now: number): string | undefined {
  const at = expression.indexOf(":");
  const name = (at < 0 ? expression : expression.slice(0, at)).toLowerCase();
  const format = at < 0 ? "" : expression.slice(at + 1);
  if (name === "rand-guid" || name === "sys.randguid") return guid(format);
  if (name === "datetime" || name === "sys.utcnow") return time(format || DEFAULT_TIME, now);
  return undefined;
}

/** .NET's formats of a GUID. */
function guid(format: string): string {
  const text = randomUUID();
  switch (format.toUpperCase()) {
    case "N":
      return text.replaceAll("-", "");
    case "B":
      return `{${text}}`;
    case "P":
      return `(${text})`;
    default:
      return text;
  }
}

/** The parts of .NET's custom formats that names are made of, in UTC. */
function time(format: string, now: number): string {
  const iso = new Date(now).toISOString();
  const parts: Readonly<Record<string, string>> = {
    yyyy: iso.slice(0, 4),
    yy: iso.slice(2, 4),
    MM: iso.slice(5, 7),
    dd: iso.slice(8, 10),
    HH: iso.slice(11, 13),
    mm: iso.slice(14, 16),
    ss: iso.slice(17, 19),
    fff: iso.slice(20, 23),
    K: "Z",
  };
  return format.replace(/yyyy|yy|MM|dd|HH|mm|ss|fff|K/g, (part) => parts[part] ?? part);
}

function lookUp(values: unknown, path: readonly string[]): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return values;
  if (typeof values !== "object" || values === null) return undefined;
  const found = Object.entries(values).find(([key]) => key.toLowerCase() === name.toLowerCase());
  return lookUp(found?.[1], rest);
}
