import { execFile } from "node:child_process";
import { existsSync, globSync, statSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

/** Builds `dist/main.js` unless it is there and newer than every source. Resolves to whether it did. */
export async function ensureBuilt(app: string): Promise<boolean> {
  const bundle = join(app, "dist/main.js");
  if (existsSync(bundle) && statSync(bundle).mtimeMs > newestSource(app)) return false;
  try {
    await promisify(execFile)(process.execPath, [join(app, "scripts/build.ts")], { cwd: app });
  } catch (error) {
    const said = String((error as { stderr?: unknown }).stderr ?? error).trim();
    throw new Error(`The app could not be built: ${said}`, { cause: error });
  }
  return true;
}

function newestSource(app: string): number {
  const sources = globSync(["src/**/*.ts", "package-lock.json", "scripts/build.ts"], { cwd: app });
  return Math.max(0, ...sources.map((source) => statSync(join(app, source)).mtimeMs));
}
