import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { measureDatasets } from "./datasets.ts";
import { measureFlows } from "./flows.ts";
import { openWorkplace } from "./host.ts";
import { type Figure, measureAll } from "./measures.ts";
import { median } from "./median.ts";
import { measureRows } from "./rows.ts";

const RUNS = 3;
const RESULTS = join(import.meta.dirname, "results");

/** What can be measured; names on the command line choose some of it. */
const GROUPS: Readonly<Record<string, () => Promise<readonly Figure[]>>> = {
  async host() {
    await using place = await openWorkplace();
    return await measureAll(place);
  },
  rows: measureRows,
  flows: measureFlows,
  datasets: measureDatasets,
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

const runs: (readonly Figure[])[] = [];
for (let run = 0; run < RUNS; run += 1) {
  process.stdout.write(`run ${run + 1} of ${RUNS}\n`);
  const figures: Figure[] = [];
  for (const [, measure] of chosen) figures.push(...(await measure()));
  runs.push(figures);
}

const [first = []] = runs;
const figures = first.map(({ name, unit, target }) => {
  const values = runs.map((run) => run.find((one) => one.name === name)?.value ?? Number.NaN);
  return { name, unit, target, median: median(values), values };
});

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
const measured = { commit: commit(), at: new Date().toISOString(), machine, figures: written };
const file = join(RESULTS, named.length === 0 ? "all.json" : `${named.join("-")}.json`);
writeFileSync(file, `${JSON.stringify(measured, null, 2)}\n`);
process.stdout.write(`Written to ${file}\n`);

function commit(): string {
  try {
    return execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
  } catch {
    return "unknown";
  }
}
