import { shown } from "#domain/gate/sentences/words.ts";
import type { MetricVerdict } from "#domain/pipeline.ts";

const WIDTH = 40;

interface Scale {
  readonly low: number;
  readonly high: number;
}

/** A metric as lines of text: its bar, below it its interval, and below that its bounds. */
export function metricChart(name: string, metric: MetricVerdict): readonly string[] {
  const { value, low, high, min, max } = metric;
  if (value === null) return [`${name}: no figure`];
  const bounds = [min, max].filter((bound) => bound !== undefined);
  const scale = scaleOf([value, low ?? value, high ?? value, ...bounds]);
  const isInterval = typeof low === "number" && typeof high === "number";
  const lines = [
    [bar(value, scale), shown(value, bounds)],
    ...(isInterval ? [[span(low, high, scale), `${shown(low)} to ${shown(high)}`]] : []),
    ...(min === undefined ? [] : [[mark(min, scale, "▲"), `at least ${min}`]]),
    ...(max === undefined ? [] : [[mark(max, scale, "▼"), `at most ${max}`]]),
  ];
  return [
    `${name}, from ${shown(scale.low)} to ${shown(scale.high)}`,
    ...lines.map(([drawn, said]) => `  |${drawn}| ${said}`),
  ];
}

/** A share of 0 to 1. */
export function shareBar(share: number): string {
  return bar(share, { low: 0, high: 1 });
}

/** From 0 to 1 where everything lies there; else wide enough for all of it, and for 0. */
function scaleOf(values: readonly number[]): Scale {
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
  return low === 0 && high <= 1 ? { low: 0, high: 1 } : { low, high };
}

function bar(value: number, scale: Scale): string {
  const filled = Math.round(placeOf(value, scale) * WIDTH);
  return "█".repeat(filled) + "·".repeat(WIDTH - filled);
}

function span(from: number, to: number, scale: Scale): string {
  const [first, last] = [columnOf(from, scale), columnOf(to, scale)];
  const drawn = first === last ? "│" : `├${"─".repeat(last - first - 1)}┤`;
  return "·".repeat(first) + drawn + "·".repeat(WIDTH - first - drawn.length);
}

function mark(at: number, scale: Scale, sign: string): string {
  const column = columnOf(at, scale);
  return "·".repeat(column) + sign + "·".repeat(WIDTH - column - 1);
}

function columnOf(value: number, scale: Scale): number {
  return Math.min(WIDTH - 1, Math.floor(placeOf(value, scale) * WIDTH));
}

function placeOf(value: number, { low, high }: Scale): number {
  return (value - low) / (high - low);
}
