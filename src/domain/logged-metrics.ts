import { z } from "zod";
import type { LoggedMetrics } from "./gate/evidence.ts";

const SYSTEM_PREFIX = "__pf__.";
const FAILED_LINES = `${SYSTEM_PREFIX}lines.failed`;
const MAX_TEXT = 100;

const Entry = z.object({
  name: z.string(),
  dataContainerId: z.unknown().optional(),
  value: z.unknown().optional(),
});
const Points = z.array(z.object({ data: z.record(z.string(), z.unknown()) })).min(1);

/**
 * What the run logged last, out of the metric service's answer. Whatever is no finite number of this
 * very run is malformed or absent, never a number; the answer may be anything at all.
 */
export function readLoggedMetrics(run: string, answer: unknown): LoggedMetrics {
  const finite = new Map<string, number>();
  const malformed = new Map<string, string>();
  for (const { name, logged } of loggedIn(answer, run)) {
    if (name.startsWith(SYSTEM_PREFIX)) continue;
    const known = finite.get(name);
    if (known !== undefined && known !== logged) malformed.set(name, textOf([known, logged]));
    else if (Number.isFinite(logged)) finite.set(name, Number(logged));
    else malformed.set(name, textOf(logged));
  }
  for (const name of malformed.keys()) finite.delete(name);
  return { finite: Object.fromEntries(finite), malformed: Object.fromEntries(malformed) };
}

/** Lines that failed by the run's own count; null where it logged no such number. */
export function readFailedLines(run: string, answer: unknown): number | null {
  const counts = loggedIn(answer, run)
    .filter(({ name }) => name === FAILED_LINES)
    .map(({ logged }) => Number(logged));
  const whole = counts.filter((count) => Number.isInteger(count) && count >= 0);
  return whole.length === 0 ? null : Math.max(...whole);
}

/** A JSON text that has NaN or Infinity where a number belongs, as Python writes them; undefined for any other text. */
export function parsePythonJson(text: string): unknown {
  // A string first, so that the words inside one stay.
  const quoted = text.replace(
    /("(?:[^"\\]|\\.)*")|-?\b(?:NaN|Infinity)\b/g,
    (literal, string?: string) => string ?? JSON.stringify(literal),
  );
  try {
    return JSON.parse(quoted);
  } catch {
    return undefined;
  }
}

/** What the run itself logged; undefined where the answer does not say whose it is, or holds no value. */
function loggedIn(answer: unknown, run: string): { name: string; logged: unknown }[] {
  const parsed = z.object({ value: z.array(z.unknown()) }).safeParse(answer);
  return (parsed.data?.value ?? []).flatMap((item) => {
    const entry = Entry.safeParse(item);
    if (!entry.success) return [];
    const { name, dataContainerId: container, value } = entry.data;
    const own = container === `dcid.${run}`;
    if (!own && typeof container === "string") return [];
    return [{ name, logged: own ? lastValue(name, value) : undefined }];
  });
}

function lastValue(name: string, value: unknown): unknown {
  const points = Points.safeParse(value);
  return points.success ? points.data.at(-1)?.data[name] : undefined;
}

const LIKE_A_NUMBER = /^\s*[-+]?(\d[\d.eE+-]*|nan|inf(inity)?)\s*$/i;

/** Any other text could be a row's: it is told that there is one, not which. */
function textOf(value: unknown): string {
  if (value === undefined) return "nothing";
  const hide = (_: string, part: unknown) =>
    typeof part === "string" && !LIKE_A_NUMBER.test(part) ? "…" : part;
  const text = typeof value === "number" ? String(value) : JSON.stringify(value, hide);
  return text.slice(0, MAX_TEXT);
}
