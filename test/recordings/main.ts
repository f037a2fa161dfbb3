import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { readCassette } from "#kit/recordings/cassette.ts";
import { replay } from "#kit/recordings/drive.ts";
import type { Exchange } from "#kit/recordings/replay-server.ts";

/** Where we say more or less than a recording on purpose, with the reason. */
const ON_PURPOSE: Readonly<Record<string, string>> = {
  selectRunDefinition: "is null for every flow run",
  selectJobSpecification: "is null for every flow run",
  disableTrace: "older recordings do not say it",
};

const { values } = parseArgs({ options: { folder: { type: "string" }, only: { type: "string" } } });
if (values.folder === undefined) {
  process.stderr.write(
    "Name the folder of the cassettes: npm run test:recordings -- --folder DIR\n",
  );
  process.exit(2);
}
const only = new RegExp(values.only ?? "");
const names = readdirSync(values.folder).filter((name) => /\.ya?ml$/.test(name) && only.test(name));
let problems = 0;
for (const name of names.toSorted()) await show(values.folder, name);
process.stdout.write(`${names.length} cassettes, ${problems} problems.\n`);
process.exitCode = problems > 0 || names.length === 0 ? 1 : 0;

async function show(folder: string, name: string): Promise<void> {
  const interactions = readCassette(readFileSync(join(folder, name), "utf8"));
  const { exchanges, refusals, unasked } = await replay(interactions);
  const found = [...new Set([...exchanges.flatMap(problemsOf), ...refusals])];
  problems += found.length;
  const counts = `${exchanges.length} asked, ${unasked.length} of ${interactions.length} not asked for`;
  process.stdout.write(`${found.length === 0 ? "same" : "DIFFERENT"}  ${name}: ${counts}\n`);
  for (const problem of found) process.stdout.write(`    ${problem}\n`);
}

function problemsOf({ request, differences }: Exchange): string[] {
  return differences
    .filter(({ path }) => !(path in ON_PURPOSE))
    .map(({ path, ours, recorded }) => {
      const [mine, theirs] = [ours, recorded].map((value) => JSON.stringify(value) ?? "nothing");
      return `${request}: ${path || "the body"} is ${mine}, recorded is ${theirs}`;
    });
}
