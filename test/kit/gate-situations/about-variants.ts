import { verdictOver } from "#kit/gate-rows.ts";
import type { Situation } from "./situation.ts";

const SURE = { metrics: [{ name: "accuracy", min: 0.1 }], confidence: 0.95 };

/** What the gate says of the two best variants. p is 2 × the sum of the binomial's tail at a half, by hand. */
export const ABOUT_VARIANTS: readonly Situation[] = [
  {
    what: "two variants whose rows were not looked at",
    verdict: () =>
      verdictOver(SURE, { a: { "data.jsonl": "ccccc" }, b: { "data.jsonl": "ccccc" } }),
    outcome: "passed",
    reasons: [
      "a on data.jsonl: accuracy is 1 over 5 rows (5 right, 0 wrong), at least 0.1",
      "b on data.jsonl: accuracy is 1 over 5 rows (5 right, 0 wrong), at least 0.1",
      "a and b are not distinguishable by accuracy: the intervals overlap; a comes first by its figure, or by its place on a tie",
    ],
  },
  {
    what: "two variants that come out alike but for a row",
    verdict: () =>
      verdictOver(
        SURE,
        { a: { "data.jsonl": "cccci" }, b: { "data.jsonl": "ccccc" } },
        { rows: 5, onlyLeader: 1, onlySecond: 0 },
      ),
    outcome: "passed",
    reasons: [
      "b on data.jsonl: accuracy is 1 over 5 rows (5 right, 0 wrong), at least 0.1",
      "a on data.jsonl: accuracy is 0.8 over 5 rows (4 right, 1 wrong), at least 0.1",
      "b and a are not distinguishable by accuracy: 1 of 5 rows is right only with b, 0 only with a (exact McNemar test: p = 1); b comes first by its figure, or by its place on a tie",
    ],
  },
  {
    what: "two variants whose intervals overlap, and whose rows tell them apart",
    verdict: () =>
      verdictOver(
        SURE,
        {
          a: { "data.jsonl": "cccccccccciiiiiiiiii" },
          b: { "data.jsonl": "cccccccccccccccciiii" },
        },
        { rows: 20, onlyLeader: 6, onlySecond: 0 },
      ),
    outcome: "passed",
    // 2 / 2^6 = 0.03125; Wilson: 0.584 to 0.919 and 0.299 to 0.701.
    reasons: [
      "b on data.jsonl: accuracy is 0.8 over 20 rows (16 right, 4 wrong), at least 0.1",
      "a on data.jsonl: accuracy is 0.5 over 20 rows (10 right, 10 wrong), at least 0.1",
      "b is ahead of a by accuracy: 6 of 20 rows are right only with b, 0 only with a (exact McNemar test: p = 0.031)",
    ],
  },
  {
    what: "two variants of which the better one is so only on the dataset where each is worst",
    verdict: () =>
      verdictOver(
        SURE,
        {
          a: { "one.jsonl": "ccccccciiiiiiii", "two.jsonl": "ccccciiiii" },
          b: { "one.jsonl": "ccccccccccccccc", "two.jsonl": "cccciiiiii" },
        },
        { rows: 25, onlyLeader: 1, onlySecond: 8 },
      ),
    outcome: "passed",
    // 2 × (1 + 9) / 2^9 = 0.0390625.
    reasons: [
      "a on one.jsonl: accuracy is 0.467 over 15 rows (7 right, 8 wrong), at least 0.1",
      "a on two.jsonl: accuracy is 0.5 over 10 rows (5 right, 5 wrong), at least 0.1",
      "b on two.jsonl: accuracy is 0.4 over 10 rows (4 right, 6 wrong), at least 0.1",
      "b on one.jsonl: accuracy is 1 over 15 rows (15 right, 0 wrong), at least 0.1",
      "a comes first by the dataset where each is worst, but b is ahead over all of them: 1 of 25 rows is right only with a, 8 only with b (exact McNemar test: p = 0.039)",
    ],
  },
];
