import { parseArgs } from "node:util";
import { badEndsOf } from "#kit/faults/bad-ends.ts";
import type { Call } from "#kit/faults/fault-calls.ts";
import { lasting, passing } from "#kit/faults/fault-kinds.ts";
import { freshWorlds } from "#kit/faults/fresh-worlds.ts";
import { type Injection, injectionsOf } from "#kit/faults/injections.ts";
import { type Look, look } from "#kit/faults/looks.ts";
import { randomFaults } from "#kit/faults/random-faults.ts";
import { SCENARIOS, type Scenario, type World } from "#kit/faults/world.ts";
import { Summary } from "./summary.ts";

const { values } = parseArgs({
  options: {
    scenario: { type: "string", multiple: true, default: [...SCENARIOS] },
    part: { type: "string", default: "" },
    fault: { type: "string", default: "" },
    call: { type: "string", default: "" },
    worlds: { type: "string", default: "2" },
    random: { type: "string", default: "0" },
    seed: { type: "string", default: "1" },
  },
});

/** One or more pipelines after each other. */
type Task = (world: World) => Promise<void>;

const summary = new Summary();
let pipelines = 0;
let wrong = 0;
const scenarios = values.scenario.map(scenarioNamed);
const random = wholeNumber("--random", values.random);
for (const scenario of scenarios) await goThrough(scenario);
const { right, all } = summary.total;
process.stdout.write(`\n${summary}\n`);
process.stdout.write(`${pipelines} pipelines; ${right} of ${all} faults met rightly.\n`);
process.exitCode = wrong > 0 ? 1 : 0;

function scenarioNamed(given: string): Scenario {
  const found = SCENARIOS.find((name) => name === given);
  if (found !== undefined) return found;
  throw new Error(`--scenario is "${given}"; it has to be one of ${SCENARIOS.join(", ")}.`);
}

function wholeNumber(option: string, given: string): number {
  if (/^\d+$/.test(given)) return Number(given);
  throw new Error(`${option} is "${given}"; it has to be a whole number.`);
}

async function goThrough(scenario: Scenario): Promise<void> {
  await using first = await freshWorlds(scenario);
  const calls = await first.calls();
  const tasks = (random > 0 ? randomTasks : everyTask)(scenario, calls);
  const others = wholeNumber("--worlds", values.worlds) - 1;
  await Promise.all([
    workOff(first, tasks),
    ...Array.from({ length: others }, async () => {
      await using world = await freshWorlds(scenario);
      await workOff(world, tasks);
    }),
  ]);
}

async function workOff(world: World, tasks: Task[]): Promise<void> {
  for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) await task(world);
}

function randomTasks(scenario: Scenario, calls: readonly Call[]): Task[] {
  return Array.from({ length: random }, (_, index) => async (world) => {
    const seed = `${values.seed}.${index + 1}`;
    const injections = randomFaults(scenario, calls, `${scenario} ${seed}`);
    tell(`${scenario} ${seed}`, await seen(world, injections));
  });
}

function everyTask(scenario: Scenario, all: readonly Call[]): Task[] {
  const isWanted = ({ part, where }: Pick<Injection, "part" | "where">) =>
    new RegExp(values.part).test(part) && new RegExp(values.call).test(where);
  const calls = all.filter(({ part, name }) => isWanted({ part, where: name }));
  const ofKind = new RegExp(values.fault);
  const fromKinds = (kinds: typeof passing) =>
    kinds.filter(({ name }) => ofKind.test(name)).flatMap((kind) => injectionsOf(calls, kind));
  const alone = [
    ...fromKinds(lasting).flat(),
    ...badEndsOf(scenario).filter((one) => ofKind.test(one.kind) && isWanted(one)),
  ];
  return [
    ...fromKinds(passing).map(
      (injections): Task =>
        (world) =>
          together(world, scenario, injections),
    ),
    ...alone.map(
      (injection): Task =>
        async (world) => {
          tell(scenario, await seen(world, [injection]));
        },
    ),
  ];
}

/** All in one pipeline; where they are noticed, in halves, down to the one that is. */
async function together(world: World, scenario: Scenario, injections: readonly Injection[]) {
  if (injections.length === 0) return;
  const found = await seen(world, injections);
  if (injections.length === 1 || found.problems.length === 0) {
    tell(scenario, found);
    return;
  }
  const half = Math.ceil(injections.length / 2);
  await together(world, scenario, injections.slice(0, half));
  await together(world, scenario, injections.slice(half));
}

async function seen(world: World, injections: readonly Injection[]): Promise<Look> {
  pipelines += 1;
  return look(world, injections);
}

function tell(title: string, found: Look): void {
  const { injections, problems, said } = found;
  summary.add(found);
  if (problems.length > 0) wrong += 1;
  const outcome =
    problems.length > 0
      ? `WRONG: ${problems.join("; ")} | ${said}`
      : said || "as if nothing had been";
  for (const { part, kind, where } of injections) {
    process.stdout.write(`${title} | ${kind} | ${part} ${where} | ${outcome}\n`);
  }
}
