import { execFile } from "node:child_process";
import { promisify } from "node:util";

const LEAST = { major: 3, minor: 9 };

/** Rejects with what to install when this command is no Python that flows can run on. */
export async function checkPython(command: string): Promise<void> {
  const remedy = `Install Python ${LEAST.major}.${LEAST.minor} or newer (https://www.python.org/downloads/), or name one with --python COMMAND.`;
  let version: string;
  try {
    const { stdout, stderr } = await promisify(execFile)(command, ["--version"], {
      timeout: 10_000,
    });
    version = (stdout || stderr).trim();
  } catch (error) {
    throw new Error(`Flows run in Python, and "${command}" does not start here. ${remedy}`, {
      cause: error,
    });
  }
  const [, major, minor] = /^Python (\d+)\.(\d+)/.exec(version) ?? [];
  const isNewEnough = Number(major) === LEAST.major && Number(minor) >= LEAST.minor;
  if (!isNewEnough)
    throw new Error(
      `Flows run in Python, and "${command}" is ${version || "something else"}. ${remedy}`,
    );
}
