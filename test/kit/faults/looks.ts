import type { Call } from "./fault-calls.ts";
import type { FaultKind } from "./fault-kinds.ts";
import { brokenPromises, differences, missingEvents, type Outcome } from "./outcome.ts";
import type { Injection, World } from "./world.ts";

/** How a pipeline took its faults; right without problems. */
export interface Look {
  readonly injections: readonly Injection[];
  readonly problems: readonly string[];
  /** What the pipeline said, if not all was as if nothing had been. */
  readonly said: string;
}

/** The fault at each call that it is a fault of: at its first time and, where there are several, from its last on. */
export function injectionsOf(calls: readonly Call[], kind: FaultKind): readonly Injection[][] {
  const fitting = calls.filter((call) => kind.appliesTo(call));
  const repeated = fitting.filter(({ count }) => count > 1);
  return [
    fitting.map((call) => ({ call, kind, skip: 0 })),
    repeated.map((call) => ({ call, kind, skip: call.count - 1 })),
  ];
}

/** Faults that pass are not to be noticed, however many. */
export function lookAtPassing(world: World, injections: readonly Injection[]): Promise<Look> {
  return look(world, injections, (outcome) => [...missingEvents(outcome), ...differences(outcome)]);
}

/** A fault that lasts is got over, or is what the pipeline tells. */
export function lookAtLasting(world: World, injection: Injection): Promise<Look> {
  const { call, kind } = injection;
  return look(world, [injection], (outcome) => {
    const isAboutEvents = call.part === "eventGrid";
    const events = isAboutEvents ? [] : missingEvents(outcome);
    const said = saidBy(outcome);
    const isTold = said === "" || kind.says.test(said) || call.part !== "azureMl";
    const isHarmless = !isAboutEvents || outcome.pipeline.status === "succeeded";
    return [
      ...events,
      ...(isTold ? [] : ["does not say what happened"]),
      ...(isHarmless ? [] : ["a topic that is away failed a pipeline"]),
    ];
  });
}

async function look(
  world: World,
  injections: readonly Injection[],
  more: (outcome: Outcome) => readonly string[],
): Promise<Look> {
  try {
    const outcome = await world.meet(injections);
    const problems = [...brokenPromises(outcome), ...more(outcome)];
    if (problems.length > 0) world.forget();
    return { injections, problems, said: saidBy(outcome) };
  } catch (error) {
    world.forget();
    return { injections, problems: [String(error)], said: "" };
  }
}

function saidBy(outcome: Outcome): string {
  const { error, deployment } = outcome.pipeline;
  const told = [error?.message, deployment?.reason].filter(Boolean).join(" ");
  return told || differences(outcome).join("; ");
}
