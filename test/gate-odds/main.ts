import {
  exactPairOdds,
  exactShareOdds,
  gradeFrom,
  meanGrade,
  meanOdds,
  outcomeOfDrops,
  outcomeOfPairs,
  outcomeOfShare,
  outcomeOfValues,
  playedOdds,
  seeded,
} from "#kit/gate-odds.ts";
import { FAR_SHAPES, SHAPES } from "#kit/value-shapes.ts";

// Prints how often the gate with confidence 0.95 is wrong: a flow that is exactly at its bound passes, or one that equals the
// baseline fails. `exact` is counted out over all outcomes; `played` is a simulation with a seed.
const SEED = 20_260_101;
const GAMES = Number(process.argv[2] ?? 4_000);
const SIZES = [8, 20, 60, 200];

const table: Record<string, Record<string, string>> = {};
function tell(name: string, odds: (rows: number) => number): void {
  table[name] = Object.fromEntries(
    SIZES.map((rows) => [`n = ${rows}`, `${(odds(rows) * 100).toFixed(2)} %`]),
  );
}

const random = seeded(SEED);

for (const min of [0.6, 0.8, 0.9, 0.95]) {
  tell(`accuracy at min ${min} passes, exact`, (rows) => exactShareOdds(rows, min, min, "passed"));
  tell(`accuracy at min ${min} passes, played`, (rows) =>
    playedOdds(GAMES, "passed", () => {
      let right = 0;
      for (let row = 0; row < rows; row += 1) if (random() < min) right += 1;
      return outcomeOfShare(right, rows, min);
    }),
  );
}

const GRADES = {
  even: [0.2, 0.2, 0.2, 0.2, 0.2],
  "mostly good": [0.05, 0.05, 0.15, 0.35, 0.4],
  "rarely bad": [0.05, 0, 0, 0.05, 0.9],
};
for (const [name, odds] of Object.entries(GRADES)) {
  const min = meanGrade(odds);
  tell(`mean at min ${min.toFixed(2)} (${name} grades) passes, played`, (rows) =>
    playedOdds(GAMES, "passed", () =>
      outcomeOfValues(
        Array.from({ length: rows }, () => gradeFrom(odds, random)),
        { min },
      ),
    ),
  );
}

function pairs(rows: number, broken: number, fixed: number) {
  const found = { rows, broken: 0, fixed: 0 };
  for (let row = 0; row < rows; row += 1) {
    const at = random();
    if (at < broken) found.broken += 1;
    else if (at < broken + fixed) found.fixed += 1;
  }
  return found;
}

for (const [maxDrop, fixed] of [
  [0.02, 0.02],
  [0.05, 0.05],
  [0.1, 0.05],
] as const) {
  const chances = { broken: fixed + maxDrop, fixed };
  tell(`drop at maxDrop ${maxDrop} (${fixed} fixed) passes, exact`, (rows) =>
    exactPairOdds(rows, chances, maxDrop, "passed"),
  );
  tell(`drop at maxDrop ${maxDrop} (${fixed} fixed) passes, played`, (rows) =>
    playedOdds(GAMES, "passed", () => outcomeOfPairs(pairs(rows, chances.broken, fixed), maxDrop)),
  );
}

for (const differing of [0.05, 0.1, 0.25]) {
  const chances = { broken: differing, fixed: differing };
  tell(`A/A (${differing} broken and fixed), maxDrop 0, fails, exact`, (rows) =>
    exactPairOdds(rows, chances, 0, "failed"),
  );
  tell(`A/A (${differing} broken and fixed), maxDrop 0, fails, played`, (rows) =>
    playedOdds(GAMES, "failed", () => outcomeOfPairs(pairs(rows, differing, differing), 0)),
  );
}

for (const share of [0.02, 0.1]) {
  tell(`mean drop at maxDrop ${4 * share} (${share} fall from 5 to 1) passes, played`, (rows) =>
    playedOdds(GAMES, "passed", () =>
      outcomeOfDrops(
        Array.from({ length: rows }, () => (random() < share ? 4 : 0)),
        5,
        4 * share,
      ),
    ),
  );
}

// A check on shapes that nothing was tuned on, with a seed of its own.
const other = seeded(SEED + 1);
for (const shape of [...SHAPES, ...FAR_SHAPES]) {
  for (const bound of ["min", "max"] as const) {
    tell(`mean at ${bound} ${shape.mean.toFixed(2)} (${shape.name}) passes, played`, (rows) =>
      meanOdds(shape, bound, rows, GAMES, other),
    );
  }
}

for (const [name, odds] of Object.entries(table)) {
  const cells = Object.entries(odds).map(([rows, share]) => `${rows}: ${share.padStart(6)}`);
  process.stdout.write(`${name.padEnd(66)}${cells.join("  ")}\n`);
}
process.stdout.write(`seed ${SEED}, ${GAMES} games each\n`);
