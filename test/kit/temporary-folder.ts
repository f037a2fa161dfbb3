import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const { env } = process;

/** One folder for all that a run of the tests leaves in the system's temporary folder, removed at its end. */
export function setup(): () => void {
  const before = env["TMPDIR"];
  const folder = mkdtempSync(join(tmpdir(), "flowgate-tests-"));
  env["TMPDIR"] = folder;
  return () => {
    if (before === undefined) delete env["TMPDIR"];
    else env["TMPDIR"] = before;
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
}
