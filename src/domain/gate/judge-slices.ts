import type { SliceVerdict } from "#domain/pipeline.ts";
import { compareShare, doubtOf, fewestRight, SHOWN_CONFIDENCE } from "./bounds.ts";
import type { Evidence, SliceCount } from "./evidence.ts";
import type { GatePolicy, SliceRule } from "./policy.ts";
import { rowsNeeded } from "./rows-needed.ts";
import { type RuleOutcome, type Ruling, SILENT, without } from "./ruling.ts";
import {
  fewValues,
  nameColumn,
  sliceHeld,
  sliceSentence,
  sliceTooSmall,
  tooManyValues,
  unknownColumn,
  wantedInSlice,
} from "./sentences/slices.ts";
import { wilson } from "./statistics/wilson.ts";

export interface SlicesRuling {
  readonly rulings: readonly Ruling[];
  readonly slices: readonly SliceVerdict[];
}

/** Accuracy by the values of a column, worst first. */
export function judgeSlices(policy: GatePolicy, evidence: Evidence): SlicesRuling {
  const judged = policy.slices.map((rule) => judgeRule(rule, policy, evidence));
  return {
    rulings: judged.flatMap(({ rulings }) => rulings),
    slices: judged.flatMap(({ slices }) => slices),
  };
}

function judgeRule(
  rule: SliceRule,
  { confidence }: GatePolicy,
  { slices, tooManySlices, tally }: Evidence,
): SlicesRuling {
  const counts = slices.filter(({ by }) => by === rule.by);
  if (tooManySlices.includes(rule.by)) {
    return { rulings: [without(tooManyValues(rule.by, counts.length), fewValues())], slices: [] };
  }
  if (counts.every(({ value }) => value === null)) {
    return { rulings: [without(unknownColumn(rule.by), nameColumn())], slices: [] };
  }
  const judged = counts
    .map((count) => judgeSlice(count, rule, confidence, tally.expected))
    .toSorted((one, other) => one.slice.share - other.slice.share);
  const rulings = judged.flatMap(({ ruling }) => ruling);
  const held = rulings.filter(({ outcome }) => outcome === "holds").length;
  return {
    slices: judged.map(({ slice }) => slice),
    rulings: [...rulings, ...(held > 0 ? [{ ...SILENT, reasons: [sliceHeld(rule, held)] }] : [])],
  };
}

function judgeSlice(count: SliceCount, rule: SliceRule, confidence: number, expected: number) {
  const { rows, correct, value } = count;
  const isJudged = rows >= rule.minRows;
  const share = { right: correct, rows };
  const outcome: RuleOutcome = isJudged ? compareShare(share, rule, confidence) : "unjudged";
  const slice: SliceVerdict = {
    by: rule.by,
    value,
    rows,
    correct,
    share: correct / rows,
    ...wilson(correct, rows, confidence || SHOWN_CONFIDENCE),
    min: rule.min,
    ok: outcome === "holds" || outcome === "unjudged",
  };
  return { slice, ruling: rulingOf(slice, rule, outcome, { confidence, expected }) };
}

function rulingOf(
  slice: SliceVerdict,
  rule: SliceRule,
  outcome: RuleOutcome,
  { confidence, expected }: { readonly confidence: number; readonly expected: number },
): Ruling {
  const isBelow = slice.share < rule.min;
  switch (outcome) {
    case "holds":
      return SILENT;
    case "unjudged":
      return { ...SILENT, outcome, notes: isBelow ? [sliceTooSmall(slice, rule.minRows)] : [] };
    case "fails":
      return {
        ...SILENT,
        outcome,
        reasons: [sliceSentence(slice, outcome)],
        next: wantedIn(slice, confidence),
      };
    case "open":
      return {
        ...SILENT,
        outcome,
        reasons: [sliceSentence(slice, outcome, doubtOf(outcome, slice, rule, "chance"))],
        rowsNeeded: neededInAll(slice, rule, confidence, expected),
      };
  }
}

function wantedIn(slice: SliceVerdict, confidence: number): readonly string[] {
  const { rows, correct: right, min } = slice;
  const wanted = fewestRight(
    { right, rows },
    (more) => compareShare({ right: more, rows }, { min }, confidence) === "holds",
  );
  return wanted === undefined ? [] : [wantedInSlice(slice, wanted)];
}

/** Rows of the dataset, if the slice keeps its part of them. */
function neededInAll(
  { share, rows: there }: SliceVerdict,
  rule: SliceRule,
  confidence: number,
  expected: number,
): number | null {
  const needed = rowsNeeded(there, (rows) => {
    const right = Math.round(share * rows);
    return compareShare({ right, rows }, rule, confidence) !== "open";
  });
  return needed === null ? null : Math.ceil((needed / there) * expected);
}
