import { z } from "zod";
import type { BundleFiles, RunSpec } from "#domain/bundle/bundle.ts";
import type { Problem } from "#domain/errors.ts";
import { folderOf, isFolder, join, resolvePath } from "./app-path.ts";
import { at, issueProblems } from "./issues.ts";
import { Variant } from "./manifest.ts";
import { misspeltKeys } from "./misspelt-keys.ts";
import { meantPath, notInBundle } from "./not-there.ts";
import { type Read, readInit, readVariables } from "./run-values.ts";
import { parseYaml, type YamlText } from "./yaml-text.ts";

const FLOW_FILE = "flow.dag.yaml";

const Scalar = z.union([z.string(), z.number(), z.boolean()]);
/** Over the wire they are text, whatever YAML made of them. */
const Text = Scalar.transform(String);
const TextMap = z.record(z.string(), Text);

/** What we use of a prompt flow run YAML; unknown keys are prompt flow's own business. */
const RunFile = z.looseObject({
  flow: z.string({ error: "needed: the folder of the flow, relative to this file" }).min(1),
  data: z.string().min(1).nullish(),
  run: z.string().nullish(),
  column_mapping: TextMap.nullish(),
  variant: Variant.nullish(),
  connections: z.record(z.string(), TextMap).nullish(),
  environment_variables: z.union([z.string(), TextMap]).nullish(),
  init: z.union([z.string(), z.record(z.string(), z.unknown())]).nullish(),
  display_name: Text.nullish(),
  description: Text.nullish(),
  tags: z.record(z.string(), Text.nullable()).nullish(),
});
type RunFile = z.infer<typeof RunFile>;

export interface ReadRun {
  readonly spec: RunSpec | undefined;
  readonly yaml?: YamlText;
  readonly problems: readonly Problem[];
}

/** Reads a run YAML and looks that what it names is in the bundle. */
export function readRunFile(
  files: BundleFiles,
  file: string,
  kind: "base" | "evaluation",
): ReadRun {
  const content = files.get(file);
  if (content === undefined) {
    return { spec: undefined, problems: [{ file, message: "is not in the bundle" }] };
  }
  const yaml = parseYaml(file, content);
  if ("message" in yaml) return { spec: undefined, problems: [yaml] };
  const misspelt = misspeltKeys(yaml, RunFile);
  const parsed = RunFile.safeParse(yaml.value);
  if (!parsed.success) {
    const problems = [...issueProblems(yaml, parsed.error.issues), ...misspelt];
    return { spec: undefined, problems };
  }
  const reader = new RunReader(files, yaml);
  const spec = reader.read(parsed.data, kind);
  return { spec, yaml, problems: [...reader.problems, ...misspelt] };
}

class RunReader {
  readonly problems: Problem[] = [];
  readonly #files: BundleFiles;
  readonly #yaml: YamlText;

  constructor(files: BundleFiles, yaml: YamlText) {
    this.#files = files;
    this.#yaml = yaml;
  }

  read(run: RunFile, kind: "base" | "evaluation"): RunSpec {
    if (kind === "base" && run.run != null) {
      this.#complain("run", "a base run starts from data, not from another run; remove it");
    }
    return {
      file: this.#yaml.file,
      ...this.#flow(run.flow),
      data: run.data == null ? null : this.#data(run.data),
      ...this.#values(run),
      columnMapping: run.column_mapping ?? {},
      variant: run.variant ?? null,
      connections: run.connections ?? {},
      displayName: run.display_name ?? null,
      description: run.description ?? null,
      tags: mapValues(run.tags ?? {}, (value) => value ?? ""),
    };
  }

  #values(run: RunFile): Pick<RunSpec, "environmentVariables" | "init"> {
    const place = { files: this.#files, folder: folderOf(this.#yaml.file) };
    const variables = readVariables(place, run.environment_variables ?? {});
    const init = readInit(place, run.init ?? null);
    this.#complainOf("environment_variables", variables);
    this.#complainOf("init", init);
    return {
      environmentVariables: "value" in variables ? variables.value : {},
      init: "value" in init ? init.value : null,
    };
  }

  #flow(written: string): { flow: string; flowFile: string } {
    const path = this.#inside("flow", written);
    if (path === undefined) return { flow: "", flowFile: FLOW_FILE };
    const named = this.#files.has(path);
    const flow = named ? folderOf(path) : path;
    const flowFile = named ? path.slice(path.lastIndexOf("/") + 1) : FLOW_FILE;
    if (!named && !this.#files.has(join(flow, FLOW_FILE))) {
      const found = isFolder(this.#files, path) ? `has no ${FLOW_FILE}` : "is not in the bundle";
      const hint = this.#meantFlow(path);
      this.#complain("flow", `${written} ${found}; only DAG flows can be run${hint}`);
    } else if (!/\.ya?ml$/.test(flowFile) || flowFile.startsWith("flow.flex.")) {
      this.#complain("flow", `${written} is no DAG flow; name the folder of a ${FLOW_FILE}`);
    }
    return { flow, flowFile };
  }

  #data(written: string): string {
    const path = this.#inside("data", written);
    if (path === undefined || this.#files.has(path)) return path ?? written;
    const found = notInBundle(this.#files, path, folderOf(this.#yaml.file));
    this.#complain("data", `${written} ${found}`);
    return path;
  }

  #meantFlow(path: string): string {
    if (this.#files.has(join(path, "flow.dag.yml"))) return "; rename flow.dag.yml";
    const flows = [...this.#files.keys()].filter((file) => file.endsWith(`/${FLOW_FILE}`));
    return meantPath(flows.map(folderOf), path, folderOf(this.#yaml.file));
  }

  #inside(key: "flow" | "data", written: string): string | undefined {
    if (/^azureml:/.test(written) || /^[a-z][a-z0-9+.-]*:\/\//i.test(written)) {
      this.#complain(key, `${written} lies outside; what is evaluated has to be in the bundle`);
      return undefined;
    }
    if (written.startsWith("/") || written.includes("\\") || /^[A-Za-z]:/.test(written)) {
      this.#complain(key, `${written} has to be relative to this file, with forward slashes`);
      return undefined;
    }
    const path = resolvePath(folderOf(this.#yaml.file), written);
    if (path === undefined) this.#complain(key, `${written} leads out of the app folder`);
    return path;
  }

  #complainOf(key: string, read: Read<unknown>): void {
    if ("elsewhere" in read) this.problems.push(read.elsewhere);
    if ("problem" in read) this.#complain(key, read.problem);
  }

  #complain(key: string, message: string): void {
    this.problems.push(at(this.#yaml, [key], message));
  }
}

function mapValues<From, To>(map: Readonly<Record<string, From>>, change: (value: From) => To) {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value)]));
}
