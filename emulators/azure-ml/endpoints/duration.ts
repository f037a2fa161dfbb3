/** Milliseconds of `PT1M30S`, `PT90S`, `PT0.5S`; undefined for anything else. */
export function durationMs(text: string): number | undefined {
  const [, minutes, seconds] = /^PT(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?$/.exec(text) ?? [];
  if (minutes === undefined && seconds === undefined) return undefined;
  return Number(minutes ?? 0) * 60_000 + Number(seconds ?? 0) * 1000;
}
