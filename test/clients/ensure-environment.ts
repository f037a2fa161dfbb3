import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Client } from "./clients.ts";

/** A virtual environment with the client's packages, kept from run to run, made with pip's own words shown. Resolves to its folder. */
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
  const own = join(folder, "bin/python");
  // The pip that comes with an older Python looks for versions that fit for many minutes.
  await run(own, ["-m", "pip", "install", "--quiet", "--upgrade", "pip"]);
  await run(own, ["-m", "pip", "install", "--progress-bar", "off", ...packages]);
  await writeFile(complete, text);
  return folder;
}

/** Rejects with the command when it fails; it has said itself why. */
async function run(command: string, args: readonly string[]): Promise<void> {
  const [code] = await once(spawn(command, args, { stdio: "inherit" }), "exit");
  if (code !== 0) throw new Error(`${[command, ...args].join(" ")} ended with ${code}.`);
}
