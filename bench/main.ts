import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { measureDatasets } from "./datasets.ts";
import { measureFlows } from "./flows.ts";
import { measureGate } from "./gate.ts";
import { openWorkplace } from "./host.ts";
import { type Figure, measureAll } from "./measures.ts";
import { median } from "./median.ts";
import { measureRows } from "./rows.ts";

const RESULTS = join(import.meta.dirname, "results");

interface Group {
  /** How often; what is large says enough in one. */
  readonly runs: number;
  measure(): Promise<readonly Figure[]>;
}

/** What can be measured; names on the command line choose some of it. */
const GROUPS: Readonly<Record<string, Group>> = {
  host: {
    runs: 3,
    async measure() {
      await using place = await openWorkplace();
      return await measureAll(place);
    },
  },
  rows: { runs: 1, measure: measureRows },
  gate: { runs: 3, measure: measureGate },
  flows: { runs: 3, measure: measureFlows },
  datasets: { runs: 1, measure: measureDatasets },
};

const named = process.argv.slice(2);
const unknown = named.find((name) => !Object.hasOwn(GROUPS, name));
if (unknown !== undefined) {
  const known = Object.keys(GROUPS).join(", ");
  throw new Error(`There is no group ${unknown}. Name some of ${known}, or none for all of them.`);
}
const chosen = Object.entries(GROUPS).filter(
  ([name]) => named.length === 0 || named.includes(name),
);

const figures: Summary[] = [];
for (const [name, group] of chosen) figures.push(...(await measured(name, group)));

const rounded = (value: number) => Number(value.toPrecision(3));
console.table(
  Object.fromEntries(
    figures.map(({ name, unit, target, median: middle, values }) => [
      name,
      {
        median: rounded(middle),
        unit,
        target: target === undefined ? "" : `< ${target}`,
        met: target === undefined ? "" : middle < target ? "yes" : "NO",
        runs: values.map(rounded).join(" "),
      },
    ]),
  ),
);

mkdirSync(RESULTS, { recursive: true });
const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version };
// Members rather than lists: the formatter, which looks at every JSON file, would join a list's lines.
const written = figures.map(({ values, ...figure }) => ({
  ...figure,
  runs: Object.fromEntries(values.map((value, n) => [`run${n + 1}`, value])),
}));
const results = { commit: commit(), at: new Date().toISOString(), machine, figures: written };
const file = join(RESULTS, named.length === 0 ? "all.json" : `${named.join("-")}.json`);
writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
process.stdout.write(`Written to ${file}\n`);

interface Summary extends Omit<Figure, "value"> {
  readonly median: number;
  readonly values: readonly number[];
}

/** Every figure of a group as often as it is measured, each time with nothing left from before. */
async function measured(group: string, { runs, measure }: Group): Promise<readonly Summary[]> {
  const all: (readonly Figure[])[] = [];
  for (let run = 0; run < runs; run += 1) {
    const began = performance.now();
    all.push(await measure());
    const seconds = Math.round((performance.now() - began) / 1000);
    process.stdout.write(`${group}: run ${run + 1} of ${runs} took ${seconds} s\n`);
  }
  const [first = []] = all;
  return first.map(({ value: _value, ...figure }) => {
    const values = all.map(
      (figures) => figures.find(({ name }) => name === figure.name)?.value ?? Number.NaN,
    );
    return { ...figure, median: median(values), values };
  });
}

function commit(): string {
  try {
    return execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
  } catch {
    return "unknown";
  }
}
