import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { LoadedFlow, Row } from "#emulators/azure-ml/engine/engine.ts";
import { type EngineCase, ref } from "./a-case.ts";

/** Where prompt flow's `test_configs` have flows, one folder each. */
const GROUPS = ["flows", "flows/mod-n", "eager_flows", "wrong_flows"];
const FLOW_FILES = ["flow.dag.yaml", "flow.flex.yaml", "flow.flex.yml"];
const ROW_FILES = ["inputs.jsonl", "data.jsonl", "samples.json", "inputs.json"];
const MOST_ROWS = 3;

/** What a flow's own files say that it needs beyond Python's standard library, and neither engine has here. */
const OUTSIDE: readonly (readonly [RegExp, string])[] = [
  [
    /requests\.|urllib|PFClient|_sdk\.|_operation_context|assistant/,
    "a network or prompt flow's SDK",
  ],
  [/^language: csharp|type: csharp/m, "C#"],
  [/type: package/, "a package of tools"],
  [/sleep\(([6-9]\d|\d{3,})\)/, "minutes"],
];

export interface FolderCases {
  readonly cases: readonly EngineCase[];
  /** Flow → what it would need. */
  readonly left: ReadonlyMap<string, string>;
}

/** A case for every flow below `root`, if it needs nothing but Python; `standard` are the names of Python's modules. */
export async function readFolder(
  root: string,
  standard: ReadonlySet<string>,
): Promise<FolderCases> {
  const cases: EngineCase[] = [];
  const left = new Map<string, string>();
  for (const group of GROUPS) {
    for (const name of await readdir(join(root, group))) {
      const folder = join(root, group, name);
      const texts = await readTexts(folder);
      const file = FLOW_FILES.find((known) => texts.has(known));
      if (file === undefined) continue;
      const need = needOf(texts, standard);
      if (need === undefined) cases.push(caseOf(`${group}/${name}`, folder, file, texts));
      else left.set(`${group}/${name}`, need);
    }
  }
  const prompties = [...(await readTexts(join(root, "prompty")))];
  for (const [file] of prompties.filter(([name]) => name.endsWith(".prompty"))) {
    const name = `prompty/${file}`;
    cases.push({
      name,
      folder: join(root, "prompty"),
      file,
      requests: (inputs) => [dummyRow(inputs)],
    });
  }
  return { cases, left };
}

/** Path → text of every file that a flow is written in. */
async function readTexts(folder: string): Promise<ReadonlyMap<string, string>> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const written = names.filter((name) => /\.(py|ya?ml|jsonl?|txt|prompty)$/.test(name)).sort();
  const texts = written.map(async (name) => {
    const text = await readFile(join(folder, name), "utf8").catch(() => "");
    return [name, text] as const;
  });
  return new Map(await Promise.all(texts));
}

function needOf(
  texts: ReadonlyMap<string, string>,
  standard: ReadonlySet<string>,
): string | undefined {
  const [, asked] = /^(?!promptflow|#)([\w-]+)/m.exec(texts.get("requirements.txt") ?? "") ?? [];
  if (asked !== undefined) return `the package ${asked}`;
  const own = [...texts.keys()].flatMap((name) => name.replace(/\.py$/, "").split("/"));
  const known = new Set([...standard, ...own, "promptflow"]);
  for (const [name, text] of texts) {
    const found = OUTSIDE.find(([words]) => !name.includes("json") && words.test(text));
    const module = name.endsWith(".py") ? foreignModule(text, known) : undefined;
    if (found) return found[1];
    if (module !== undefined) return `the module ${module}`;
  }
  return undefined;
}

function foreignModule(text: string, known: ReadonlySet<string>): string | undefined {
  const imports = text.matchAll(/^\s*(?:import|from)\s+(\w+)/gm);
  return [...imports].map(([, module = ""]) => module).find((module) => !known.has(module));
}

function caseOf(
  name: string,
  folder: string,
  file: string,
  texts: ReadonlyMap<string, string>,
): EngineCase {
  const rows = readRows(texts);
  const init = texts.get("init.json");
  const source = init === undefined ? {} : { source: { init: JSON.parse(init) as Row } };
  const aggregates = /aggregation: true|reduce: true|__aggregate__/.test(
    [...texts.values()].join("\n"),
  );
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const inputsMapping = Object.fromEntries(columns.map((key) => [key, ref(`data.${key}`)]));
  return {
    ...{ name, folder, file, ...source },
    ...(aggregates && rows.length > 0 ? { batch: { data: rows, inputsMapping } } : {}),
    requests: (inputs) => (rows.length > 0 ? rows.slice(0, MOST_ROWS) : [dummyRow(inputs)]),
  };
}

function readRows(texts: ReadonlyMap<string, string>): readonly Row[] {
  const file = ROW_FILES.find((known) => texts.has(known));
  const text = texts.get(file ?? "") ?? "";
  const parsed: unknown = file?.endsWith("l")
    ? text
        .split("\n")
        .filter((line) => line.trim() !== "")
        .map((line) => JSON.parse(line))
    : JSON.parse(text || "[]");
  return [parsed].flat() as Row[];
}

const DUMMIES: Readonly<Record<string, unknown>> = {
  int: 3,
  double: 1.5,
  bool: true,
  list: [1, 2],
  object: { a: 1 },
};

/** A value for each input that has none of its own. */
function dummyRow(inputs: LoadedFlow["inputs"]): Row {
  return Object.fromEntries(
    Object.entries(inputs)
      .filter(([, { default: value, optional }]) => (value ?? null) === null && !optional)
      .map(([name, { type }]) => [name, DUMMIES[type] ?? "hello"]),
  );
}
