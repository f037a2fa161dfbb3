import { longHistory } from "./app/orchestrators.ts";
import { type BenchHost, startBenchHost, type Workplace } from "./host.ts";
import { replayStored } from "./sdk-replay.ts";

/** One figure of one run. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: "s" | "MiB" | "ms" | "ratio" | "per s" | "events";
  /** The figure that it must stay below on the machine of the README's table. */
  readonly target?: number;
}

const HISTORIES = [100, 1_000, 5_000];
const SHORT_ONES = 1_000;
const MIB = 1024 * 1024;

/** Every figure once, over one host process that starts with an empty task hub. */
export async function measureAll(place: Workplace): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  {
    await using host = await startBenchHost(place);
    figures.push({ name: "start to ready", value: host.readyMs / 1000, unit: "s", target: 1 });
    figures.push({ name: "memory at rest", value: (await host.memoryBytes()) / MIB, unit: "MiB" });
    figures.push(...(await measureSpeed(host)));
    figures.push(...(await measureMemory(host)));
    for (const events of HISTORIES) {
      const { turnMs } = (await host.run("longHistory", lengthFor(events), `h${events}`)) as {
        turnMs: number;
      };
      figures.push({ name: `turn at ${events} events`, value: turnMs, unit: "ms" });
    }
  }
  return [...figures, ...(await measureReplays(place, figures))];
}

async function measureSpeed(host: BenchHost): Promise<readonly Figure[]> {
  await host.run("sequence", { length: 50 });
  const sequence = await seconds(() => host.run("sequence", { length: 50 }));
  const many = (count: number, length: number) =>
    seconds(() =>
      Promise.all(Array.from({ length: count }, () => host.run("sequence", { length }))),
    );
  return [
    { name: "50 activities in a row", value: sequence, unit: "s", target: 0.1 },
    { name: "activities in a row", value: 50 / sequence, unit: "per s" },
    {
      name: "fan-out of 100",
      value: await seconds(() => host.run("fanOut", { length: 100 })),
      unit: "s",
    },
    {
      name: "fan-out of 1,000",
      value: await seconds(() => host.run("fanOut", { length: 1_000 })),
      unit: "s",
      target: 2,
    },
    { name: "50 × 3 activities at once", value: await many(50, 3), unit: "s", target: 0.3 },
    { name: "200 × 1 activity at once", value: await many(200, 1), unit: "s" },
    { name: "short orchestrations", value: await shortOnesPerSecond(host), unit: "per s" },
  ];
}

/** Orchestrations of one activity, fifty at any moment, once the process is warm. */
async function shortOnesPerSecond(host: BenchHost): Promise<number> {
  let left = SHORT_ONES;
  const startAnother = async () => {
    while (left-- > 0) await host.run("sequence", { length: 1 });
  };
  return SHORT_ONES / (await seconds(() => Promise.all(Array.from({ length: 50 }, startAnother))));
}

/** A thousand instances, fifty at a time, and what stays of them. */
async function measureMemory(host: BenchHost): Promise<readonly Figure[]> {
  for (let round = 0; round < 20; round += 1) {
    await Promise.all(Array.from({ length: 50 }, () => host.run("sequence", { length: 3 })));
  }
  const bytes = await host.memoryBytes();
  return [{ name: "memory after 1,000 instances", value: bytes / MIB, unit: "MiB" }];
}

async function measureReplays(
  { data }: Workplace,
  figures: readonly Figure[],
): Promise<readonly Figure[]> {
  const found: Figure[] = [];
  for (const length of HISTORIES) {
    const { events, ms } = await replayStored(data, `h${length}`, longHistory);
    const turn = figures.find(({ name }) => name === `turn at ${length} events`)?.value ?? 0;
    found.push({ name: `events in that history (${length})`, value: events, unit: "events" });
    found.push({ name: `the SDK alone at ${length} events`, value: ms, unit: "ms" });
    found.push({ name: `turn / SDK at ${length} events`, value: turn / ms, unit: "ratio" });
  }
  return found;
}

/** Two events for each activity in a group; four for each of the turns that are timed. */
function lengthFor(events: number): { readonly length: number } {
  return { length: Math.round((events - 90) / 2.04) };
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}
