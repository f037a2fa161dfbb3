import { deepStrictEqual } from "node:assert";
import { parseArgs } from "node:util";
import type { Pipeline } from "#domain/pipeline.ts";
import { PART_NAMES, type StackFile } from "#emulators/stack/layout.ts";
import { accountOf } from "#kit/account.ts";
import {
  SCENARIOS,
  type Scenario,
  startScenario,
  timesAsked,
  wholeAccount,
} from "#kit/crash-scenarios.ts";
import { flowgateAt } from "#kit/flowgate.ts";
import { type Moment, meet, momentsOfCalls, momentsOfSteps } from "#kit/moments.ts";
import { StackProcess } from "#kit/stack-process.ts";

/** What is emulated answers this much later, so that a step lasts long enough to be met. */
const SLOWER_MS = 60;
/** A part that dies more often is started again only after a while. */
const KILLS_A_STACK = 2;

const { values } = parseArgs({
  options: {
    kill: { type: "string", default: "functions" },
    scenario: { type: "string", multiple: true, default: [...SCENARIOS] },
    at: { type: "string", default: "steps" },
    only: { type: "string", default: "" },
    every: { type: "string", default: "1" },
  },
});
const TARGETS = [...PART_NAMES, "supervisor"] as const;
const target = oneOf("kill", values.kill, TARGETS);
const at = oneOf("at", values.at, ["steps", "calls"]);
const scenarios = values.scenario.map((name) => oneOf("scenario", name, SCENARIOS));
let count = 0;
let problems = 0;
for (const scenario of scenarios) await crashThrough(scenario);
process.stdout.write(`${count} kills, ${problems} problems.\n`);
process.exitCode = problems > 0 ? 1 : 0;

function oneOf<Name extends string>(option: string, given: string, names: readonly Name[]): Name {
  const found = names.find((name) => name === given);
  if (found !== undefined) return found;
  throw new Error(`--${option} is "${given}"; it has to be one of ${names.join(", ")}.`);
}

async function crashThrough(scenario: Scenario): Promise<void> {
  await using stack = await StackProcess.create();
  let file = await stack.start();
  const moments = (await learn(stack, file, scenario))
    .filter(({ name }) => new RegExp(values.only).test(name))
    .filter((_, index) => index % Number(values.every) === 0);
  for (const [index, moment] of moments.entries()) {
    if (index > 0 && index % KILLS_A_STACK === 0) {
      await stack.end("SIGTERM");
      file = await stack.start();
    }
    await slowDown(file);
    file = await crashAt(stack, file, scenario, moment);
  }
}

/** The moments of a pipeline that nothing is killed under. */
async function learn(stack: StackProcess, file: StackFile, scenario: Scenario) {
  await slowDown(file);
  const good = await startScenario(stack, file, scenario, `good-${scenario}`);
  const ended = await flowgateAt(file.functions).follow(good.id);
  await check(stack, file, scenario, ended);
  return at === "steps" ? momentsOfSteps(ended) : momentsOfCalls(file, good.id);
}

async function crashAt(
  stack: StackProcess,
  before: StackFile,
  scenario: Scenario,
  moment: Moment,
): Promise<StackFile> {
  const startedAt = Date.now();
  count += 1;
  const app = `crash-${count}`;
  let file = before;
  let met = "never";
  let outcome = "right";
  try {
    const { id } = await startScenario(stack, file, scenario, app);
    met = await meet(moment, file, id);
    file = await kill(stack, file);
    const ended = await flowgateAt(file.functions).follow(id);
    await check(stack, file, scenario, ended);
  } catch (error) {
    problems += 1;
    outcome = error instanceof Error ? error.message : String(error);
    file = stack.readStackFile();
  }
  const seconds = ((Date.now() - startedAt) / 1_000).toFixed(1);
  process.stdout.write(
    `${target} | ${scenario} | ${moment.name} | ${met} | ${outcome} | ${seconds} s\n`,
  );
  return file;
}

async function kill(stack: StackProcess, before: StackFile): Promise<StackFile> {
  if (target !== "supervisor") return stack.killPart(target);
  await stack.end("SIGKILL");
  const file = await stack.start();
  if (file.functions !== before.functions) throw new Error("The stack came back elsewhere.");
  return file;
}

async function check(
  stack: StackProcess,
  file: StackFile,
  scenario: Scenario,
  { id, app }: Pipeline,
): Promise<void> {
  const ended = (await flowgateAt(file.functions).read(id)).body;
  deepStrictEqual(await accountOf(file, ended), wholeAccount(app, id, scenario));
  if (target === "azureMl") return;
  deepStrictEqual(timesAsked(stack, app), [1, 1, 1, 1]);
}

async function slowDown({ azureMl, eventGrid }: StackFile): Promise<void> {
  const fault = { path: ".", times: 1_000_000, do: { delayMs: SLOWER_MS } };
  for (const emulator of [azureMl, eventGrid]) {
    await fetch(`${emulator}/_emulator/faults`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(fault),
    });
  }
}
