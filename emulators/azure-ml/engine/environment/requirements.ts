import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** One line that asks for a package. */
export interface Requirement {
  /** As written, without its comment. */
  readonly text: string;
  /** Normalised, e.g. `promptflow-tools`; null for a path or an address, which nothing can be looked up by. */
  readonly name: string | null;
  /** `requirements.txt:3`. */
  readonly where: string;
}

export interface Requirements {
  /** The flow's folder: paths in lines are relative to it. */
  readonly folder: string;
  readonly packages: readonly Requirement[];
  /** Lines for pip that ask for nothing themselves, e.g. `--extra-index-url …`. */
  readonly options: readonly string[];
}

/** Null when there is no such file. */
export async function readRequirements(folder: string, file: string): Promise<Requirements | null> {
  const text = await readText(join(folder, file));
  if (text === null) return null;
  const packages: Requirement[] = [];
  const options: string[] = [];
  for (const { line, where } of logicalLines(text, file)) {
    const [, nested] = /^(?:-r|--requirement)[\s=]*(.+)$/.exec(line) ?? [];
    const inner = nested && (await readRequirements(folder, join(dirname(file), nested)));
    if (inner) {
      packages.push(...inner.packages);
      options.push(...inner.options);
    } else if (line.startsWith("-") && !/^(-e|--editable)\b/.test(line)) {
      options.push(line);
    } else {
      packages.push({ text: line, name: nameOf(line), where });
    }
  }
  return { folder, packages, options };
}

/** Lines without comments and blank ones; a line that ends in `\` goes on in the next. */
function* logicalLines(text: string, file: string) {
  let begun = "";
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = `${begun}${raw.replace(/(^|\s)#.*$/, "")}`.trim();
    begun = line.endsWith("\\") ? line.slice(0, -1) : "";
    if (line !== "" && begun === "") yield { line, where: `${file}:${index + 1}` };
  }
}

function nameOf(line: string): string | null {
  const [, name, rest = ""] = /^([A-Za-z0-9][A-Za-z0-9._-]*)(.*)$/.exec(line) ?? [];
  if (name === undefined || /^[\\/:]/.test(rest)) return null;
  return name.toLowerCase().replace(/[-_.]+/g, "-");
}

async function readText(path: string): Promise<string | null> {
  return readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
}
