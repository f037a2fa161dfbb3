import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { createEngine, type EngineName } from "#emulators/azure-ml/engine/create-engine.ts";
import { withoutProxy } from "#emulators/kit/loopback.ts";
import { serve } from "#emulators/kit/serve.ts";
import type { EngineCase } from "./a-case.ts";
import { type Comparison, compare, type Difference } from "./compare.ts";
import { flowCases } from "./flow-cases.ts";
import { knownDifferences } from "./known-differences.ts";
import { loadCases } from "./load-cases.ts";
import { observe } from "./observe.ts";
import { otherCases } from "./other-cases.ts";
import { timeCases } from "./time-cases.ts";
import { valueCases } from "./value-cases.ts";

/** Kept between runs: prompt flow takes minutes to install. */
const FOLDER = resolve(import.meta.dirname, "../../.flowgate/engines");

const { values } = parseArgs({ options: { only: { type: "string", default: "" } } });
const { env: given } = process;
const env: Readonly<Record<string, string | undefined>> = {
  ...given,
  ...withoutProxy(given),
  PF_WORKER_COUNT: "2",
};
const wanted = [...valueCases, ...flowCases, ...loadCases, ...otherCases, ...timeCases].filter(
  ({ name }) => new RegExp(values.only).test(name),
);

await using model = await startEcho();
const engines = { builtin: engine("builtin"), promptflow: engine("promptflow") };
const results: Comparison[] = [];
for (const given of wanted) results.push(await sideBySide(given));
report(results);

function engine(name: EngineName) {
  return createEngine(name, {
    folder: FOLDER,
    modelUrl: model.url,
    python: env["FLOWGATE_PYTHON"] || "python3",
    env,
    report: say,
  });
}

async function sideBySide(given: EngineCase): Promise<Comparison> {
  const builtin = await observe(engines.builtin, given);
  const promptflow = await observe(engines.promptflow, given);
  const comparison = compare(given.name, builtin, promptflow, knownDifferences);
  for (const difference of comparison.differences.filter(({ known }) => !known)) {
    say(described(given.name, difference));
  }
  say(row(comparison));
  return comparison;
}

/** A model that answers with what it was asked, so that requests are compared too. */
function startEcho() {
  return serve(async (request) => {
    const asked = Object.entries((await request.json()) as object).sort();
    const content = JSON.stringify(Object.fromEntries(asked));
    return Response.json({
      id: "echo",
      object: "chat.completion",
      created: 0,
      model: "echo",
      choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }],
      usage: { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 },
    });
  });
}

function report(all: readonly Comparison[]): void {
  const differences = all.flatMap((comparison) => comparison.differences);
  const unknown = differences.filter(({ known }) => !known);
  const used = new Set(differences.map(({ known }) => known));
  const unused = values.only ? [] : knownDifferences.filter((entry) => !used.has(entry));
  for (const { of, at } of unused) say(`No difference needs the entry ${of} ${at} any more.`);
  say(["", row(), ...all.map(row)].join("\n"));
  const equal = all.reduce((sum, comparison) => sum + comparison.equal, 0);
  const missing = all.filter(({ refused }) => refused).length;
  say(
    `${all.length} flows: ${equal} equal, ${differences.length - unknown.length} known differences, ${unknown.length} others; ${missing} flows are not in builtin yet.`,
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
