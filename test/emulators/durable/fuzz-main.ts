import { parseArgs } from "node:util";
import { fuzzTaskIds } from "./fuzz-task-ids.ts";

const PROGRAMS_AT_ONCE = 250;

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1000" },
    turns: { type: "string", default: "50000" },
  },
});

let seed = Number(values.seed);
let turns = 0;
const mismatches: string[] = [];
process.stdout.write(`From seed ${seed}, at least ${values.turns} turns.\n`);
while (turns < Number(values.turns)) {
  const outcome = await fuzzTaskIds(seed, PROGRAMS_AT_ONCE);
  // A batch without turns would repeat for ever.
  if (outcome.turns === 0) throw new Error(`The programs from seed ${seed} took no turn.`);
  turns += outcome.turns;
  seed += PROGRAMS_AT_ONCE;
  mismatches.push(...outcome.mismatches);
}
for (const mismatch of mismatches) process.stdout.write(`${mismatch}\n`);
process.stdout.write(
  `${turns} turns of ${seed - Number(values.seed)} programs, ${mismatches.length} mismatches.\n`,
);
process.exitCode = mismatches.length > 0 ? 1 : 0;
