import { expect, test } from "vitest";
import * as baseline from "#domain/gate/sentences/baseline.ts";
import * as metrics from "#domain/gate/sentences/metrics.ts";
import * as rows from "#domain/gate/sentences/rows.ts";
import * as slices from "#domain/gate/sentences/slices.ts";
import * as variants from "#domain/gate/sentences/variants.ts";
import { SITUATIONS } from "#kit/gate-situations/all.ts";

const sentences = { ...baseline, ...metrics, ...rows, ...slices, ...variants };

/** What each function of `sentences/` says, in all its forms. A new one has no pattern, and a pattern without a situation fails. */
const PATTERNS: Readonly<Record<keyof typeof sentences, readonly RegExp[]>> = {
  boundedSentence: [
    /^\w+ is [\d.]+( over .*)?, only reported$/,
    /^\w+ is [\d.]+( over .*)?, at least [\d.]+$/,
    /^\w+ is [\d.]+, at most [\d.]+$/,
    /^\w+ is [\d.]+, at least [\d.]+ and at most [\d.]+$/,
    /^\w+ is [\d.]+, above [\d.]+$/,
    /^\w+ is [\d.]+, below [\d.]+$/,
    /^\w+ is [\d.]+ over \d+ rows \(\d+ right, \d+ wrong\), below [\d.]+$/,
    /^\w+ is [\d.]+ over \d+ rows \(\d+ right, \d+ wrong, \d+ failed, \d+ missing\), below [\d.]+$/,
    /^\w+ is [\d.]+, not decided: no interval is known for it$/,
    /^\w+ is [\d.]+, not decided: the interval [\d.]+ to [\d.]+ includes the bound$/,
    /^accuracy is [\d.]+ over .*, not decided: the interval [\d.]+ to [\d.]+ includes the bound$/,
    /^\w+ is [\d.]+, not decided: \d+ rows do not rule out rare rows far from the others$/,
    /^accuracy is [\d.]+ over .*, not decided: over \d+ rows, a flow exactly at the bound comes out so too often by chance$/,
  ],
  notLogged: [/^\w+ was not logged by the evaluation run$/],
  loggedInstead: [
    /^the evaluation run logged .+; name that in gate.metrics, or log what stands there/,
  ],
  malformedMetric: [/^\w+ was logged as .+, which is no finite number$/],
  notCounted: [
    /^accuracy cannot be counted: no row of the evaluation run has the output that gate.correct names$/,
  ],
  notReported: [/^\w+ is not known: the base run did not report it for every row/],
  onlyReported: [/ \(only reported, so nothing depends on it\)$/],
  failedRows: [
    /^\d+ of \d+ rows failed, more than the [\d.]+ % that maxErrorRate allows$/,
    /^\d+ of \d+ rows failed, more than .* allows; the first is row \d+ in node \w+ \(\w+\)$/,
    /^\d+ of \d+ rows failed, more than .* allows; the first is row \d+$/,
  ],
  loggedOverSame: [/^warning: the evaluation run logged accuracy [\d.]+ over the same rows; /],
  loggedOverOthers: [/^warning: .* over the \d+ rows that reached it; the gate counts all \d+$/],
  rowsDiffer: [/^warning: .* logged \w+ [\d.]+, the mean of its rows' \w+ is [\d.]+: no interval/],
  troubled: [
    /^warning: the base run completed with an error in node \w+ \(\w+\), which is none of its lines'$/,
    /^warning: the evaluation run completed with an error, which is none of its lines'$/,
    /^warning: the base run says that 1 of its lines failed, and 0 show it; the gate counts 1$/,
    /^warning: the base run says that \d+ of its lines failed, and \d+ show it; the gate counts \d+$/,
  ],
  tooFewRows: [/^1 row is too few: the gate asks for \d+$/, /^\d+ rows are too few: the gate asks/],
  rowsNotRight: [
    /^not right: row \d+$/,
    /^not right: rows (\d+, )*\d+ and \d+$/,
    /^not right: rows (\d+, ){9}\d+ and \d+ more$/,
  ],
  wantedRight: [/^what next: \d+ of the \d+ rows have to be right, \d+ more than now$/],
  wantedInSlice: [
    /^what next: \d+ of the \d+ rows where data.\w+ is "\w+" have to be right, \d+ more than now$/,
    /^what next: 1 of the 1 row where data.\w+ is not there has to be right, 1 more than now$/,
  ],
  allGolden: [/^what next: every golden row has to be right$/],
  bringWithin: [
    /^what next: bring \w+ to at most [\d.]+$/,
    /^what next: bring \w+ to at least [\d.]+$/,
  ],
  bringBack: [/^what next: bring \w+ to no more than [\d.]+ below that of [\w-]+$/],
  mendRows: [/^what next: mend what fails in these rows/],
  logIt: [/^what next: let the evaluation flow log a finite number as \w+, with log_metric$/],
  nameOutput: [/^what next: let gate.correct name an output of the evaluation flow$/],
  leaveOut: [/^what next: take \w+ out of gate.metrics, or run where it is reported$/],
  nameGolden: [/^what next: mark the golden rows in the dataset, or take gate.golden out$/],
  nameColumn: [/^what next: let gate.slices name a column of the dataset$/],
  fewValues: [/^what next: let gate.slices name a column with few values$/],
  moreRows: [
    /^what next: about \d+ rows like these \d+ would decide$/,
    / rows like this one would decide$/,
  ],
  noNumberOfRows: [/^what next: no number of rows like these would decide; /],
  goldenWrong: [
    /^1 of \d+ golden rows is not right: row \d+$/,
    /^\d+ of \d+ golden rows are not right: rows \d+ and \d+$/,
  ],
  goldenRight: [/^the golden row is right$/, /^all \d+ golden rows are right$/],
  noGolden: [/^no row of the dataset has data.\w+ true, so gate.golden asks for nothing$/],
  unknownColumn: [/^no row of the dataset has data.\w+, which gate.slices names$/],
  flakyRows: [/^\d+ rows? did not come out alike in \d+ repeats: rows? /],
  stoppedEarly: [/^judged on \d+ repeats? of the \d+ that the gate asks for$/],
  sliceSentence: [
    /^accuracy where data.\w+ is "\w+" is [\d.]+ over \d+ rows \(\d+ right\), below [\d.]+$/,
    /^accuracy where data.\w+ is not there is [\d.]+ over \d+ rows? \(\d+ right\), below [\d.]+$/,
    /^accuracy where .* \(\d+ right\), not decided: the interval [\d.]+ to [\d.]+ includes the bound$/,
    /^accuracy where .* \(\d+ right\), not decided: over \d+ rows, a flow exactly at the bound comes/,
  ],
  sliceTooSmall: [/^accuracy where .*, below [\d.]+, not judged: fewer than \d+ rows$/],
  sliceHeld: [/^accuracy is at least [\d.]+ in \d+ slices? by data.\w+$/],
  tooManyValues: [/^data.\w+ has more than 100 different values, too many to slice by$/],
  dropSentence: [
    /^\w+ is [\d.]+ below that of [\w-]+, only reported$/,
    /^\w+ equals that of [\w-]+$/,
    /^\w+ is [\d.]+ above that of [\w-]+$/,
    /^\w+ is [\d.]+ below that of [\w-]+, a drop of at most [\d.]+$/,
    /^\w+ is [\d.]+ below that of [\w-]+, a drop of more than [\d.]+$/,
    /^\w+ is .* that of [\w-]+, not decided: the interval of the drop, -?[\d.]+ to [\d.]+, includes [\d.]+$/,
    /^\w+ is .* that of [\w-]+, not decided: no interval is known for it$/,
    /^\w+ is .* that of [\w-]+, not decided: \d+ rows do not rule out rare rows far from the others$/,
  ],
  brokenRows: [
    /^newly broken: rows? [\d, and]+$/,
    /^newly broken: .*; 1 is newly right$/,
    /; 2 are newly right$/,
  ],
  noBaseline: [
    /^\w+ is not compared with what serves today: nothing serves yet$/,
    /^\w+ is not compared with what serves today: the stored rows of [\w-]+ lack \d+ of the dataset's$/,
  ],
  notLookedUp: [
    /^\w+ is not compared with what serves today: the gate that .* was not looked up; a rule with maxDrop, /,
  ],
  notInBaseline: [/^\w+ is not compared with what serves today: [\w-]+ was evaluated without it$/],
  pairedVariants: [
    /^\w+ is ahead of \w+ by accuracy: \d+ of \d+ rows are right only with \w+, \d+ only with \w+ \(exact McNemar test: p = [\d.]+\)$/,
    /^\w+ and \w+ are not distinguishable by accuracy: 1 of \d+ rows is right only with \w+, 0 only with \w+ \(exact McNemar test: p = 1\); /,
    /^\w+ comes first by the dataset where each is worst, but \w+ is ahead over all of them: /,
  ],
  intervalsOverlap: [/^\w+ and \w+ are not distinguishable by \w+: the intervals overlap; /],
};

// Reasons of several variants or datasets begin with their names.
const everyReason = SITUATIONS.flatMap(({ reasons }) => reasons).map((reason) =>
  reason.replace(/^\w+ on \w+\.jsonl: /, ""),
);

const patterns = Object.entries(PATTERNS).flatMap(([name, forms]) =>
  forms.map((pattern) => ({ name, pattern })),
);

test("every function of sentences/ has its patterns here", () => {
  expect(Object.keys(PATTERNS).sort()).toEqual(Object.keys(sentences).sort());
});

test.each(patterns)("$name: some situation says $pattern", ({ pattern }) => {
  expect(everyReason.filter((reason) => pattern.test(reason))).not.toEqual([]);
});

test("no situation says what has no pattern", () => {
  const isKnown = (reason: string) => patterns.some(({ pattern }) => pattern.test(reason));

  expect(everyReason.filter((reason) => !isKnown(reason))).toEqual([]);
});
