import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import {
  type PythonCommand,
  pythonArguments,
} from "#emulators/azure-ml/engine/builtin/check-python.ts";

const WITH_PARENT = fileURLToPath(new URL("./with_parent.py", import.meta.url));

export interface ProgramEnd {
  readonly code: number | null;
  /** Everything that it printed, in order. */
  readonly output: string;
  /** The part that went to stdout. */
  readonly answer: string;
}

export interface ProgramOptions {
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>> | undefined;
  readonly onLine?: (line: string) => void;
}

/** Runs Python with these arguments; it ends with this process, with all that it started. Rejects when it cannot start. */
export function runPython(
  python: PythonCommand,
  args: readonly string[],
  { folder, env, onLine }: ProgramOptions,
): Promise<ProgramEnd> {
  const [program, ...first] = pythonArguments(python);
  const command = [program, ...first];
  const child = spawn(program, [...first, WITH_PARENT, ...command, ...args], {
    cwd: folder,
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
    ...(env ? { env: { ...env } } : {}),
  });
  const lines: string[] = [];
  const answer: string[] = [];
  child.stdin.on("error", () => {
    // It has ended; `close` tells.
  });
  createInterface({ input: child.stdout }).on("line", (line) => {
    lines.push(line);
    answer.push(line);
    onLine?.(line);
  });
  createInterface({ input: child.stderr }).on("line", (line) => {
    lines.push(line);
    onLine?.(line);
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      resolve({ code, output: lines.join("\n"), answer: answer.join("\n") });
    });
  });
}
