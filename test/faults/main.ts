import { parseArgs } from "node:util";
import { lasting, passing } from "#kit/faults/fault-kinds.ts";
import { injectionsOf, type Look, lookAtLasting, lookAtPassing } from "#kit/faults/looks.ts";
import { aWorld, type Injection, SCENARIOS, type Scenario, type World } from "#kit/faults/world.ts";

const { values } = parseArgs({
  options: {
    scenario: { type: "string", multiple: true, default: [...SCENARIOS] },
    part: { type: "string", default: "" },
    fault: { type: "string", default: "" },
    call: { type: "string", default: "" },
  },
});
const scenarios = values.scenario.map(scenarioNamed);
let pipelines = 0;
let right = 0;
let problems = 0;
for (const scenario of scenarios) await goThrough(scenario);
process.stdout.write(`${pipelines} pipelines; ${right} faults met rightly, ${problems} not.\n`);
process.exitCode = problems > 0 ? 1 : 0;

function scenarioNamed(given: string): Scenario {
  const found = SCENARIOS.find((name) => name === given);
  if (found !== undefined) return found;
  throw new Error(`--scenario is "${given}"; it has to be one of ${SCENARIOS.join(", ")}.`);
}

async function goThrough(scenario: Scenario): Promise<void> {
  await using world = await aWorld(scenario);
  const calls = (await world.calls()).filter(
    ({ part, name }) => new RegExp(values.part).test(part) && new RegExp(values.call).test(name),
  );
  const isWanted = ({ name }: { name: string }) => new RegExp(values.fault).test(name);
  for (const kind of passing.filter(isWanted)) {
    for (const injections of injectionsOf(calls, kind)) await together(world, scenario, injections);
  }
  for (const kind of lasting.filter(isWanted)) {
    for (const injection of injectionsOf(calls, kind).flat()) {
      pipelines += 1;
      tell(scenario, await lookAtLasting(world, injection));
    }
  }
}

/** All in one pipeline; where they are noticed, in halves, down to the one that is. */
async function together(world: World, scenario: Scenario, injections: readonly Injection[]) {
  if (injections.length === 0) return;
  pipelines += 1;
  const seen = await lookAtPassing(world, injections);
  if (injections.length === 1 || seen.problems.length === 0) {
    tell(scenario, seen);
    return;
  }
  const half = Math.ceil(injections.length / 2);
  await together(world, scenario, injections.slice(0, half));
  await together(world, scenario, injections.slice(half));
}

function tell(scenario: Scenario, { injections, problems: found, said }: Look): void {
  if (found.length > 0) problems += injections.length;
  else right += injections.length;
  const outcome = found.length > 0 ? `WRONG: ${found.join("; ")}` : said || "as if nothing was";
  for (const { call, kind, skip } of injections) {
    const where = `${call.part} ${call.name}${skip === 0 ? "" : ` from ${skip + 1} on`}`;
    process.stdout.write(`${scenario} | ${kind.name} | ${where} | ${outcome}\n`);
  }
}
