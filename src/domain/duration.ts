import { z } from "zod";

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000 } as const;

const WANTED = 'a whole number with s, m or h, e.g. "30m"';

/** A whole number with `s`, `m` or `h`, e.g. `30m`. */
export const Duration = z
  .string({ error: WANTED })
  .regex(/^\d{1,6}[smh]$/, { error: WANTED, abort: true });
export type Duration = z.infer<typeof Duration>;

export function durationMs(duration: Duration): number {
  const unit = duration.slice(-1) as keyof typeof UNIT_MS;
  return Number(duration.slice(0, -1)) * UNIT_MS[unit];
}
