import { execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { eventSchema } from "#domain/event-schema.ts";
import { EventType } from "#domain/events.ts";

// Writes docs/reference/events/*.schema.json, by which consumers check what the topic delivers.
const root = resolve(import.meta.dirname, "..");
const folder = resolve(root, "docs/reference/events");
await mkdir(folder, { recursive: true });
for (const type of EventType.options) {
  const name = type.replace("Flowgate.", "");
  await writeFile(resolve(folder, `${name}.schema.json`), JSON.stringify(eventSchema(type)));
}
execFileSync(resolve(root, "node_modules/.bin/biome"), ["format", "--write", folder]);
