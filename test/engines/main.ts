import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { createEngine, type EngineName } from "#emulators/azure-ml/engine/create-engine.ts";
import { withoutProxy } from "#emulators/kit/loopback.ts";
import type { EngineCase } from "./a-case.ts";
import { type Comparison, compare, type Difference } from "./compare.ts";
import { writeConnections } from "./connections.ts";
import { startEcho } from "./echo-model.ts";
import { flowCases } from "./flow-cases.ts";
import { readFolder } from "./folder-cases.ts";
import { folderDifferences, knownDifferences } from "./known-differences.ts";
import { loadCases } from "./load-cases.ts";
import { observe } from "./observe.ts";
import { otherCases } from "./other-cases.ts";
import { timeCases } from "./time-cases.ts";
import { valueCases } from "./value-cases.ts";

/** Kept between runs: prompt flow takes minutes to install. */
const FOLDER = resolve(import.meta.dirname, "../../.flowgate/engines");

const { values } = parseArgs({
  options: { only: { type: "string", default: "" }, folder: { type: "string" } },
});
await using model = await startEcho();
await using connections = await writeConnections(model.url);
const { env: given } = process;
const env: Readonly<Record<string, string | undefined>> = {
  ...given,
  ...withoutProxy(given),
  PF_WORKER_COUNT: "2",
  ...(values.folder === undefined ? {} : { PROMPTFLOW_CONNECTIONS: connections.path }),
};
const python = env["FLOWGATE_PYTHON"] || "python3";
const engines = { builtin: engine("builtin"), promptflow: engine("promptflow") };
const wanted = (await allCases()).filter(({ name }) => new RegExp(values.only).test(name));
const known = values.folder === undefined ? knownDifferences : folderDifferences;
const results: Comparison[] = [];
for (const given of wanted) results.push(await sideBySide(given));
report(results);

async function allCases(): Promise<readonly EngineCase[]> {
  if (values.folder === undefined) {
    return [...valueCases, ...flowCases, ...loadCases, ...otherCases, ...timeCases];
  }
  const { cases, left } = await readFolder(resolve(values.folder), standardModules(python));
  for (const [name, need] of left) say(`${name} is left out: it needs ${need}.`);
  return cases;
}

function standardModules(command: string): ReadonlySet<string> {
  const print = "import sys; print(*sys.stdlib_module_names)";
  return new Set(execFileSync(command, ["-c", print], { encoding: "utf8" }).trim().split(" "));
}

function engine(name: EngineName) {
  return createEngine(name, { folder: FOLDER, modelUrl: model.url, python, env, report: say });
}

async function sideBySide(given: EngineCase): Promise<Comparison> {
  const [builtin, promptflow] = await Promise.all([
    observe(engines.builtin, given),
    observe(engines.promptflow, given),
  ]);
  const comparison = compare(given.name, builtin, promptflow, known);
  for (const difference of comparison.differences.filter(({ known }) => !known)) {
    say(described(given.name, difference));
  }
  say(row(comparison));
  return comparison;
}

function report(all: readonly Comparison[]): void {
  const differences = all.flatMap((comparison) => comparison.differences);
  const unknown = differences.filter(({ known }) => !known);
  const used = new Set(differences.map(({ known }) => known));
  const unused = values.only ? [] : known.filter((entry) => !used.has(entry));
  for (const { of, at } of unused) say(`No difference needs the entry ${of} ${at} any more.`);
  say(["", row(), ...all.map(row)].join("\n"));
  const equal = all.reduce((sum, comparison) => sum + comparison.equal, 0);
  const same = all.filter(
    ({ differences, refused }) => !refused && differences.every(({ known }) => known),
  );
  say(
    `${same.length} of ${all.length} flows are the same: ${equal} equal, ${differences.length - unknown.length} known differences, ${unknown.length} others.`,
  );
  process.exitCode = unknown.length + unused.length > 0 ? 1 : 0;
}

function row(comparison?: Comparison): string {
  const cells = comparison
    ? [
        comparison.name,
        comparison.equal,
        comparison.differences.filter(({ known }) => known).length,
        comparison.differences.filter(({ known }) => !known).length,
        comparison.refused ? "not in builtin yet" : "",
      ]
    : ["flow", "equal", "known", "different", ""];
  const [name, ...numbers] = cells.map(String);
  return `${name?.padEnd(46)} ${numbers.map((cell) => cell.padStart(9)).join(" ")}`.trimEnd();
}

function described(name: string, { path, builtin, promptflow }: Difference): string {
  return `${name} | ${path}\n    builtin:    ${JSON.stringify(builtin)}\n    promptflow: ${JSON.stringify(promptflow)}`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
