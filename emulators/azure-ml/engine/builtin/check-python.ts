import { execFile } from "node:child_process";

/** A program and its first arguments, e.g. `python3` or `["py", "-3"]`. */
export type PythonCommand = string | readonly string[];

const OLDEST = [3, 9] as const;
const PATIENCE_MS = 20_000;

/** Resolves to the version, e.g. `3.11.7`; rejects with a sentence that says what to install or set. */
export function checkPython(command: PythonCommand = "python3"): Promise<string> {
  const [program, ...first] = pythonArguments(command);
  const script = "import sys; print('.'.join(map(str, sys.version_info[:3])))";
  return new Promise((resolve, reject) => {
    execFile(program, [...first, "-c", script], { timeout: PATIENCE_MS }, (error, stdout) => {
      const version = stdout.trim();
      if (error) reject(new Error(cannotRun(command, error.message), { cause: error }));
      else if (isOld(version)) reject(new Error(tooOld(command, version)));
      else resolve(version);
    });
  });
}

export function pythonArguments(command: PythonCommand): readonly [string, ...string[]] {
  const [program = "python3", ...first] = typeof command === "string" ? [command] : command;
  return [program, ...first];
}

function isOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]);
}

function cannotRun(command: PythonCommand, reason: string): string {
  return `Python cannot be started as '${words(command)}' (${reason.split("\n")[0]}). Install Python ${OLDEST.join(".")} or newer, or set FLOWGATE_PYTHON to one.`;
}

function tooOld(command: PythonCommand, version: string): string {
  return `'${words(command)}' is Python ${version || "of an unknown version"}; flows need ${OLDEST.join(".")} or newer. Install one, or set FLOWGATE_PYTHON to one.`;
}

const words = (command: PythonCommand) => pythonArguments(command).join(" ");
