import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { readCassette } from "#kit/recordings/cassette.ts";
import { replay } from "#kit/recordings/drive.ts";
import type { Exchange } from "#kit/recordings/replay-server.ts";
import { readSources } from "#kit/recordings/sources.ts";
import { checkHashes } from "./hash-vectors.ts";

/** Where we say more or less than a recording on purpose, with the reason. */
const ON_PURPOSE: Readonly<Record<string, string>> = {
  selectRunDefinition: "is null for every flow run",
  selectJobSpecification: "is null for every flow run",
  disableTrace: "older recordings do not say it",
  "content-md5": "what lies in the datastore is read again and hashed after an upload",
  inputs: "only Python can tell a flex flow's signature, and the runtime does",
};

const { values } = parseArgs({
  options: {
    folder: { type: "string" },
    only: { type: "string" },
    sources: { type: "string", multiple: true, default: [] },
  },
});
if (values.folder === undefined) {
  process.stderr.write(
    "Name the folder of the cassettes: npm run test:recordings -- --folder DIR\n",
  );
  process.exit(2);
}
const only = new RegExp(values.only ?? "");
const names = readdirSync(values.folder).filter((name) => /\.ya?ml$/.test(name) && only.test(name));
const sources = readSources(values.sources);
let problems = 0;
const uploaded = { flows: 0, data: 0 };
for (const name of names.toSorted()) await show(values.folder, name);
const hashes = await checkHashes(sources);
problems += hashes.problems.length;
for (const problem of hashes.problems) process.stdout.write(`DIFFERENT  ${problem}\n`);
process.stdout.write(
  `${names.length} cassettes, ${uploaded.flows} flows and ${uploaded.data} data files uploaded, ${hashes.checked.length} hashes, ${problems} problems.\n`,
);
process.exitCode = problems > 0 || names.length === 0 ? 1 : 0;

async function show(folder: string, name: string): Promise<void> {
  const interactions = readCassette(readFileSync(join(folder, name), "utf8"));
  const { exchanges, refusals, unasked, uploads } = await replay(interactions, sources);
  const found = [...new Set([...exchanges.flatMap(problemsOf), ...refusals])];
  problems += found.length;
  uploaded.flows += uploads.flows.size;
  uploaded.data += uploads.data.size;
  const counts = `${exchanges.length} asked, ${unasked.length} of ${interactions.length} not asked for`;
  process.stdout.write(`${found.length === 0 ? "same" : "DIFFERENT"}  ${name}: ${counts}\n`);
  for (const problem of found) process.stdout.write(`    ${problem}\n`);
  if (values.sources.length === 0) return;
  for (const [content, why] of uploads.unknown) {
    process.stdout.write(`    not uploaded: ${content}, ${why}\n`);
  }
}

/** A blob that nobody looked for means another content's name, or another first file. */
function problemsOf({ request, outcome, differences }: Exchange): string[] {
  const isLost = outcome === "unrecorded" && /^HEAD .*\/localupload\//.test(request);
  if (isLost) return [`${request}: is not recorded`];
  return differences
    .filter(({ path }) => !(path in ON_PURPOSE))
    .map(({ path, ours, recorded }) => {
      const [mine, theirs] = [ours, recorded].map((value) => JSON.stringify(value) ?? "nothing");
      return `${request}: ${path || "the body"} is ${mine}, recorded is ${theirs}`;
    });
}
