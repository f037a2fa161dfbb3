/** The times of a timer trigger. */
export interface Schedule {
  /** The first time after `at`, both in milliseconds since the epoch. Time is UTC, as in Azure. */
  next(at: number): number;
  /** Whether it is ever less than a minute between two times; such schedules are not monitored. */
  readonly isFrequent: boolean;
}

interface Field {
  readonly name: string;
  readonly low: number;
  readonly high: number;
  readonly names?: readonly string[];
}

const MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");
const DAYS = "sun mon tue wed thu fri sat".split(" ");

const SECOND: Field = { name: "second", low: 0, high: 59 };
const REST: readonly Field[] = [
  { name: "minute", low: 0, high: 59 },
  { name: "hour", low: 0, high: 23 },
  { name: "day", low: 1, high: 31 },
  { name: "month", low: 1, high: 12, names: ["", ...MONTHS] },
  { name: "day of week", low: 0, high: 7, names: DAYS },
];

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** The longest gap there can be: 29 February across a century that is no leap year. */
const FURTHEST_DAYS = 366 * 9;

/** Reads NCRONTAB (six fields, or five without seconds) or an interval `[d.]hh:mm:ss`. Throws with what is wrong. */
export function parseSchedule(text: string): Schedule {
  const interval = /^(?:(\d+)\.)?(\d+):(\d{2}):(\d{2})$/.exec(text.trim());
  if (interval)
    return every(
      interval.slice(1).map((part) => Number(part ?? 0)),
      text,
    );
  const parts = text.trim().split(/\s+/);
  if (parts.length !== 5 && parts.length !== 6) {
    throw new Error(
      `the schedule "${text}" has ${parts.length} fields; NCRONTAB has six (second first)`,
    );
  }
  const fields = parts.length === 6 ? [SECOND, ...REST] : REST;
  const sets = fields.map((field, index) => parseField(parts[index] ?? "*", field, text));
  const [seconds, minutes, hours, days, months, weekdays] =
    parts.length === 6 ? sets : [new Set([0]), ...sets];
  return cron({ seconds, minutes, hours, days, months, weekdays });
}

function every(
  [days = 0, hours = 0, minutes = 0, seconds = 0]: readonly number[],
  text: string,
): Schedule {
  const ms = ((days * 24 + hours) * 60 + minutes) * MINUTE_MS + seconds * 1000;
  if (ms === 0) throw new Error(`the schedule "${text}" is an interval of no length`);
  return { next: (at) => at + ms, isFrequent: ms < MINUTE_MS };
}

type Sets = Readonly<
  Record<
    "seconds" | "minutes" | "hours" | "days" | "months" | "weekdays",
    ReadonlySet<number> | undefined
  >
>;

function cron(sets: Sets): Schedule {
  const sorted = (set: ReadonlySet<number> | undefined) => [...(set ?? [])].sort((a, b) => a - b);
  const [seconds, minutes, hours] = [sets.seconds, sets.minutes, sets.hours].map(sorted);
  const isDay = (day: Date) =>
    sets.months?.has(day.getUTCMonth() + 1) === true &&
    sets.days?.has(day.getUTCDate()) === true &&
    sets.weekdays?.has(day.getUTCDay()) === true;
  return {
    isFrequent: (seconds?.length ?? 0) > 1,
    next(at) {
      const midnight = Math.floor(at / DAY_MS) * DAY_MS;
      for (let day = midnight; day <= midnight + FURTHEST_DAYS * DAY_MS; day += DAY_MS) {
        if (!isDay(new Date(day))) continue;
        const time = firstAfter(at - day, hours ?? [], minutes ?? [], seconds ?? []);
        if (time !== undefined) return day + time;
      }
      throw new Error("the schedule has no time in the next years");
    },
  };
}

/** The first time of day beyond `offset`, in milliseconds since midnight. */
function firstAfter(
  offset: number,
  hours: readonly number[],
  minutes: readonly number[],
  seconds: readonly number[],
): number | undefined {
  const late = (end: number) => end > offset;
  for (const hour of hours.filter((one) => late((one + 1) * 60 * MINUTE_MS))) {
    for (const minute of minutes.filter((one) => late((hour * 60 + one + 1) * MINUTE_MS))) {
      const start = (hour * 60 + minute) * MINUTE_MS;
      const second = seconds.find((one) => late(start + one * 1000));
      if (second !== undefined) return start + second * 1000;
    }
  }
  return undefined;
}

function parseField(text: string, field: Field, schedule: string): ReadonlySet<number> {
  const values = new Set<number>();
  for (const part of text.split(",")) {
    const [range = "", step = "1"] = part.split("/");
    const [low, high] = bounds(range, field, part.includes("/"));
    const stride = Number(step);
    const isGood = low >= field.low && high <= field.high && low <= high && stride >= 1;
    if (!isGood || !Number.isInteger(stride)) {
      throw new Error(
        `the schedule "${schedule}" has "${part}" for the ${field.name}; it takes ${field.low} to ${field.high}`,
      );
    }
    for (let value = low; value <= high; value += stride) {
      // Sunday is 0 and 7.
      values.add(field.name === "day of week" ? value % 7 : value);
    }
  }
  return values;
}

function bounds(range: string, field: Field, hasStep: boolean): readonly [number, number] {
  if (range === "*" || range === "?") {
    return [field.low, field.name === "day of week" ? 6 : field.high];
  }
  const [low = "", high] = range.split("-");
  const first = numberOf(low, field);
  if (high !== undefined) return [first, numberOf(high, field)];
  return [first, hasStep ? field.high : first];
}

function numberOf(text: string, { names }: Field): number {
  const named = names?.indexOf(text.slice(0, 3).toLowerCase()) ?? -1;
  if (named >= 0 && text !== "") return named;
  return text === "" ? Number.NaN : Number(text);
}
