import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Service } from "#emulators/azure-ml/service.ts";

/** Where the copies of a run's flow and data, and its log, are kept. */
export function runFolder(service: Service, runId: string): string {
  return join(service.folder, "runs", runId);
}

export function logLine(service: Service, runId: string, line: string): void {
  const at = new Date(service.clock.now()).toISOString().replace("T", " ").replace("Z", " +0000");
  append(join(runFolder(service, runId), "log.txt"), `${at} ${line}\n`);
}

/** The whole log so far, as `logContent` answers it. */
export function readLog(service: Service, runId: string): string {
  const file = join(runFolder(service, runId), "log.txt");
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

/** The folder is made when it is not there: a run logs too often to look each time. */
function append(file: string, text: string): void {
  try {
    appendFileSync(file, text);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    mkdirSync(dirname(file), { recursive: true });
    appendFileSync(file, text);
  }
}
