import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import {
  checkPython,
  type PythonCommand,
  pythonArguments,
} from "#emulators/azure-ml/engine/builtin/check-python.ts";
import { environmentError, installFailure, venvFailure } from "./install-failure.ts";
import type { Requirement, Requirements } from "./requirements.ts";
import { runPython } from "./run-program.ts";

export interface EnvironmentsOptions {
  /** Where they are kept, one folder each. */
  readonly folder: string;
  /** Of pip and of the Python that is asked; this process's unless given. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Progress, for the console. */
  readonly report?: (line: string) => void;
}

const LOOK_UP = fileURLToPath(new URL("./look_up.py", import.meta.url));
/** Written last: an environment without it was interrupted. */
const READY = "flowgate-ready";

/** Python environments with the packages that flows ask for: made once, found again by what they hold. */
export class Environments {
  readonly #options: EnvironmentsOptions;
  readonly #underWay = new Map<string, Promise<PythonCommand>>();
  /** Where nothing was missing. */
  readonly #complete = new Set<string>();
  /** By command: every run asks twice, and asking starts a process. */
  readonly #versions = new Map<string, string>();

  constructor(options: EnvironmentsOptions) {
    this.#options = { ...options, folder: resolve(options.folder) };
  }

  /**
   * A Python that has all of `wanted`: the given one, when nothing is missing there, else an environment over it.
   * Rejects with FlowError when that cannot be made.
   */
  async pythonWith(
    wanted: Requirements,
    python: PythonCommand,
    log: (line: string) => void,
  ): Promise<PythonCommand> {
    if (wanted.packages.length === 0) return python;
    const key = keyOf(wanted, python, await this.#versionOf(python));
    const folder = join(this.#options.folder, key);
    if (this.#complete.has(key)) return python;
    if (existsSync(join(folder, READY))) return join(folder, "bin", "python");
    const underWay = this.#underWay.get(key);
    if (underWay !== undefined) {
      log("Waiting for the packages that another run installs.");
      return underWay;
    }
    const making = this.#find(wanted, python, folder, log);
    this.#underWay.set(key, making);
    try {
      const found = await making;
      if (found === python) this.#complete.add(key);
      return found;
    } finally {
      this.#underWay.delete(key);
    }
  }

  async #versionOf(python: PythonCommand): Promise<string> {
    const command = JSON.stringify(pythonArguments(python));
    const known = this.#versions.get(command);
    if (known !== undefined) return known;
    const version = await checkPython(python).catch((error: Error) => {
      throw environmentError(error.message, { cause: error });
    });
    this.#versions.set(command, version);
    return version;
  }

  async #find(
    wanted: Requirements,
    python: PythonCommand,
    folder: string,
    log: (line: string) => void,
  ): Promise<PythonCommand> {
    const { missing, folders } = await this.#lookUp(wanted, python);
    if (missing.length === 0) return python;
    const tell = (line: string) => {
      log(line);
      this.#options.report?.(line);
    };
    const begun = performance.now();
    tell(`Installing ${missing.map(({ text }) => text).join(", ")} into ${folder}`);
    await this.#make(folder, python, folders);
    const environment = join(folder, "bin", "python");
    await this.#install({ ...wanted, packages: missing }, folder, environment, (line) =>
      isStep(line) ? tell(`pip: ${line.replace(/ \(from .*/, "")}`) : log(`pip: ${line.trim()}`),
    );
    await writeFile(join(folder, READY), "");
    tell(`Installed in ${Math.round((performance.now() - begun) / 1000)} s.`);
    return environment;
  }

  async #lookUp(wanted: Requirements, python: PythonCommand) {
    const texts = wanted.packages.flatMap(({ name, text }) => (name === null ? [] : [text]));
    const { code, answer, output } = await this.#run(python, [LOOK_UP, JSON.stringify(texts)], {
      folder: wanted.folder,
    });
    if (code !== 0) {
      throw environmentError(`Python could not say which packages it has: ${output.slice(-400)}`);
    }
    const found = JSON.parse(answer) as { missing: string[]; folders: string[] };
    const missing = wanted.packages.filter(
      ({ name, text }) => name === null || found.missing.includes(text),
    );
    return { missing, folders: found.folders };
  }

  /** A virtual environment that also sees what the Python below it has, also if that is one itself. */
  async #make(folder: string, python: PythonCommand, below: readonly string[]): Promise<void> {
    await rm(folder, { recursive: true, force: true });
    await mkdir(this.#options.folder, { recursive: true });
    const { code, output } = await this.#run(python, ["-m", "venv", folder], {
      folder: this.#options.folder,
    });
    if (code !== 0) throw venvFailure(pythonArguments(python).join(" "), output);
    const { answer } = await this.#run(
      join(folder, "bin", "python"),
      ["-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
      { folder },
    );
    await writeFile(join(answer, "flowgate.pth"), `${below.join("\n")}\n`);
  }

  async #install(
    { packages, options, folder }: Requirements,
    into: string,
    python: PythonCommand,
    onLine: (line: string) => void,
  ): Promise<void> {
    const file = join(into, "requirements.txt");
    await writeFile(file, `${[...options, ...packages.map(({ text }) => text)].join("\n")}\n`);
    const pip = ["-m", "pip", "install", "--disable-pip-version-check", "--no-input"];
    const { code, output } = await this.#run(
      python,
      [...pip, "--progress-bar", "off", "-r", file],
      { folder, onLine },
    );
    if (code !== 0) throw installFailure(packages, output);
  }

  #run(
    python: PythonCommand,
    args: readonly string[],
    options: { readonly folder: string; readonly onLine?: (line: string) => void },
  ) {
    return runPython(python, args, { ...options, env: this.#options.env });
  }
}

/** What is worth a line on the console. */
function isStep(line: string): boolean {
  return /^(Collecting|Installing collected|Successfully|ERROR|WARNING: Retrying)\b/.test(line);
}

function keyOf(
  { packages, options }: Requirements,
  python: PythonCommand,
  version: string,
): string {
  const texts = packages.map(({ text }: Requirement) => text).sort();
  const identity = JSON.stringify([pythonArguments(python), version, options, texts]);
  return createHash("sha256").update(identity).digest("hex").slice(0, 16);
}
