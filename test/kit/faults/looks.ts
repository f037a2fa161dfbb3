import type { Injection } from "./injections.ts";
import { brokenPromises, differences, missingEvents, type Outcome } from "./outcome.ts";
import type { World } from "./world.ts";

/** How a pipeline took its faults; right without problems. */
export interface Look {
  readonly injections: readonly Injection[];
  readonly problems: readonly string[];
  /** What the pipeline said, if not all was as if nothing had been. */
  readonly said: string;
}

/** One pipeline that meets them all: what passes is not to be noticed, and what lasts is got over or told. */
export async function look(world: World, injections: readonly Injection[]): Promise<Look> {
  try {
    const outcome = await world.meet(injections);
    const problems = [
      ...brokenPromises(outcome),
      ...(injections.every(({ passes }) => passes)
        ? [...missingEvents(outcome), ...differences(outcome)]
        : untold(injections, outcome)),
    ];
    if (problems.length > 0) world.forget();
    return { injections, problems, said: saidBy(outcome) };
  } catch (error) {
    world.forget();
    return { injections, problems: [String(error)], said: "" };
  }
}

function untold(injections: readonly Injection[], outcome: Outcome): readonly string[] {
  const lasting = injections.filter(({ passes }) => !passes);
  const isInTopic = ({ part }: Injection) => part === "eventGrid";
  const said = saidBy(outcome);
  const isTold =
    said === "" ||
    lasting.some(({ part, says }) => says.test(said) || (part === "model" && said !== ""));
  const isHarmless = !lasting.every(isInTopic) || outcome.pipeline.status === "succeeded";
  return [
    ...(lasting.some(isInTopic) ? [] : missingEvents(outcome)),
    ...(isTold || lasting.every(isInTopic) ? [] : ["does not say what happened"]),
    ...(isHarmless ? [] : ["a topic that is away failed a pipeline"]),
    ...wrongEnd(lasting, outcome),
  ];
}

/** Of several that have an end of their own, the first to happen decides. */
function wrongEnd(lasting: readonly Injection[], { pipeline }: Outcome): readonly string[] {
  const codes = lasting.flatMap(({ code = [] }) => code);
  if (codes.length === 0 || codes.length < lasting.length) return [];
  const { code = "none" } = pipeline.error ?? {};
  return codes.includes(code) ? [] : [`error ${code}, not ${codes.join(" or ")}`];
}

function saidBy(outcome: Outcome): string {
  const { error, deployment } = outcome.pipeline;
  const told = [error?.message, deployment?.reason].filter(Boolean).join(" ");
  return told || differences(outcome).join("; ");
}
