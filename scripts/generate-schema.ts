import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { manifestSchema } from "#domain/manifest/manifest-schema.ts";

// Writes docs/reference/flowgate.schema.json, by which editors check a flowgate.yaml.
const root = resolve(import.meta.dirname, "..");
const target = resolve(root, "docs/reference/flowgate.schema.json");
await writeFile(target, JSON.stringify(manifestSchema()));
execFileSync(resolve(root, "node_modules/.bin/biome"), ["format", "--write", target]);
