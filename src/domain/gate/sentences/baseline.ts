import type { Comparison } from "#domain/gate/evidence.ts";
import type { RuleOutcome } from "#domain/gate/ruling.ts";
import { type Open, openReason, rowList, shown } from "./words.ts";

// Sentences about the deployment that serves, beside the flow that is judged.

interface Dropped extends Open {
  readonly name: string;
  readonly drop: number;
  readonly maxDrop: number;
  readonly outcome: RuleOutcome;
  readonly deployment: string;
}

export function dropSentence(figure: Dropped): string {
  const { name, drop, maxDrop, interval, doubt, outcome, deployment } = figure;
  const how = drop < 0 ? `${shown(-drop)} above` : `${shown(drop, [maxDrop])} below`;
  const what =
    drop === 0 ? `${name} equals that of ${deployment}` : `${name} is ${how} that of ${deployment}`;
  switch (outcome) {
    case "unjudged":
      return `${what}, only reported`;
    case "open":
      return `${what}, not decided: ${interval === undefined || doubt !== undefined ? openReason(figure) : `the interval of the drop, ${shown(interval.low)} to ${shown(interval.high)}, includes ${maxDrop}`}`;
    case "holds":
      return drop > 0 ? `${what}, a drop of at most ${maxDrop}` : what;
    case "fails":
      return `${what}, a drop of more than ${maxDrop}`;
  }
}

export function brokenRows({ broken, newlyBroken, fixed }: Comparison): readonly string[] {
  if (broken === 0) return [];
  const better = fixed === 0 ? "" : `; ${fixed} ${fixed === 1 ? "is" : "are"} newly right`;
  return [`newly broken: ${rowList(newlyBroken, broken)}${better}`];
}

export function bringBack(name: string, maxDrop: number, deployment: string): string {
  return `what next: bring ${name} to no more than ${maxDrop} below that of ${deployment}`;
}

export function noBaseline(name: string, why: string): string {
  return `${name} is not compared with what serves today: ${why}`;
}

/** Only a rehearsal says so: a gate with a `maxDrop` has it looked up while its runs go on. */
export function notLookedUp(name: string): string {
  return noBaseline(
    name,
    "the gate that these rows were measured for has no maxDrop, so what served then was not looked up; a rule with maxDrop, also with reportOnly, has that done from the next pipeline on",
  );
}

export function notInBaseline(name: string, deployment: string): string {
  return `${name} is not compared with what serves today: ${deployment} was evaluated without it`;
}
