import { FlowError } from "#emulators/azure-ml/engine/engine.ts";
import type { Requirement } from "./requirements.ts";

/** The codes of the service for a session whose packages could not be installed. */
const CODES = ["BadArgument", "ArgumentInvalid", "AutomaticRuntimeFailed"];

/** The environment of a flow cannot be made; nothing of it was run. */
export function environmentError(message: string, options?: ErrorOptions): FlowError {
  return new FlowError(
    { message, messageFormat: message, code: "UserError", innerCodes: CODES },
    options,
  );
}

const NO_NETWORK =
  /NewConnectionError|Failed to establish a new connection|NameResolutionError|Temporary failure in name resolution|Network is unreachable|ConnectTimeoutError|ReadTimeoutError|ProxyError|SSLError/;

/** Why `python -m venv` made nothing, and what to do. */
export function venvFailure(python: string, output: string): FlowError {
  const needsPip = /ensurepip|No module named '?venv/.test(output);
  return environmentError(
    needsPip
      ? `The flow needs packages, and '${python}' cannot make an environment for them: its venv or pip is missing. Install python3-venv (Debian, Ubuntu), or set FLOWGATE_PYTHON to a Python that has both.`
      : `The flow needs packages, and '${python} -m venv' failed: ${lastLine(output)}`,
  );
}

/** Why pip installed nothing, by what it printed. */
export function installFailure(wanted: readonly Requirement[], output: string): FlowError {
  const all = wanted.map(named).join(", ");
  if (NO_NETWORK.test(output)) {
    return environmentError(
      `pip cannot reach its package index to install ${all}. Check the network; pip's own settings (PIP_INDEX_URL, PIP_PROXY) are used.`,
    );
  }
  const reason = lastError(output);
  const culprit = wanted.find(({ text, name }) => isAbout(reason, text, name));
  const what = culprit ? named(culprit) : all;
  return environmentError(
    `pip cannot install ${what}: ${reason}. Correct the requirement; the run's log has all that pip said.`,
  );
}

function named({ text, where }: Requirement): string {
  return `'${text}' (${where})`;
}

function isAbout(reason: string, text: string, name: string | null): boolean {
  const words: readonly string[] =
    reason
      .toLowerCase()
      .replace(/[-_.]+/g, "-")
      .match(/[a-z0-9-]+/g) ?? [];
  return reason.includes(text) || (name !== null && words.includes(name));
}

/** The most telling line: pip's summary comes last, but says least. */
function lastError(output: string): string {
  const errors = output
    .split("\n")
    .filter((line) => /^\s*ERROR: /.test(line))
    .map((line) => line.replace(/^\s*ERROR: /, "").replace(/\.$/, ""));
  return (
    errors.find((line) =>
      /^(No matching distribution|Invalid requirement|Cannot install|Could not open)/.test(line),
    ) ??
    errors[0] ??
    lastLine(output)
  );
}

function lastLine(output: string): string {
  return output.trim().split("\n").at(-1) ?? "";
}
