import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Client } from "./clients.ts";

const run = promisify(execFile);

/** A virtual environment with the client's packages, kept from run to run. Resolves to its folder. */
export async function ensureEnvironment(
  cache: string,
  python: string,
  { packages }: Client,
): Promise<string> {
  const text = [python, ...packages].join("\n");
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 12);
  const folder = join(cache, `flowgate-client-${hash}`);
  const complete = join(folder, "complete.txt");
  if (packages.length === 0 || existsSync(complete)) return folder;
  process.stdout.write(`Installing ${packages.join(", ")} in ${folder}\n`);
  await rm(folder, { recursive: true, force: true });
  await run(python, ["-m", "venv", folder]);
  await run(join(folder, "bin/pip"), ["install", "--quiet", ...packages]);
  await writeFile(complete, text);
  return folder;
}
