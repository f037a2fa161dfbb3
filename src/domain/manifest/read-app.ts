import { z } from "zod";
import type { App, BundleFiles, RunSpec } from "#domain/bundle/bundle.ts";
import { bundleDigest } from "#domain/bundle/digest.ts";
import { PipelineError, type Problem } from "#domain/errors.ts";
import { folderOf, join } from "./app-path.ts";
import { at } from "./issues.ts";
import type { Manifest } from "./manifest.ts";
import { MANIFEST_FILE, readManifestFile } from "./manifest-file.ts";
import { readRunFile } from "./run-file.ts";
import { parseYaml, type YamlText } from "./yaml-text.ts";

/**
 * Reads an app folder and everything that its manifest leads to. `app` is its name in the URL.
 * Throws with every problem at once: MANIFEST_INVALID if `flowgate.yaml` has some, else BUNDLE_INVALID.
 */
export function readApp(files: BundleFiles, app: string): App {
  const { manifest, yaml, problems } = readManifestFile(files, app);
  if (manifest === undefined) throw refusal(problems);

  const reader = new AppReader(files, manifest, yaml, problems);
  const read = reader.read(app);
  if (read === undefined || reader.problems.length > 0) throw refusal(reader.problems);
  return read;
}

function refusal(problems: readonly Problem[]): PipelineError {
  const own = problems.some(({ file }) => file === MANIFEST_FILE);
  const count = problems.length === 1 ? "a problem" : `${problems.length} problems`;
  return own
    ? new PipelineError("MANIFEST_INVALID", `${MANIFEST_FILE} has ${count}.`, { problems })
    : new PipelineError("BUNDLE_INVALID", `The app folder has ${count}.`, { problems });
}

/** Whoever packed a folder above or below the app's is told which one it is. */
function otherFolder(files: BundleFiles): string {
  if (["run.yml", "run.yaml"].some((name) => files.has(name))) {
    return ", or pack the folder above this one, with the evaluation flow in it";
  }
  const apps = [...files.keys()].flatMap(
    (path) => /^(.+)\/[^/]+\/run\.ya?ml$/.exec(path)?.[1] ?? [],
  );
  const [app, ...others] = new Set(apps);
  return app === undefined || others.length > 0 ? "" : `, or pack the folder ${app} alone`;
}

const FlowFile = z.looseObject({
  node_variants: z
    .record(z.string(), z.looseObject({ variants: z.record(z.string(), z.unknown()).nullish() }))
    .nullish(),
});

const Named = z.looseObject({ deploy: z.looseObject({}).nullish() });

class AppReader {
  readonly problems: Problem[];
  readonly #files: BundleFiles;
  readonly #manifest: Manifest;
  readonly #yaml: YamlText;

  constructor(
    files: BundleFiles,
    manifest: Manifest,
    yaml: YamlText,
    problems: readonly Problem[],
  ) {
    this.problems = [...problems];
    this.#files = files;
    this.#manifest = manifest;
    this.#yaml = yaml;
  }

  read(app: string): App | undefined {
    this.#requireFiles(["datasets"], this.#manifest.datasets);
    this.#checkDeployment();
    const runs = this.#readRuns();
    if (runs === undefined) return undefined;
    const { run, evaluation, baseRun, evaluationRun } = runs;
    return {
      manifest: { ...this.#manifest, name: app, run, evaluation },
      baseRun,
      evaluationRun,
      files: this.#files,
      digest: bundleDigest(this.#files),
    };
  }

  #readRuns() {
    const run = this.#manifest.run ?? this.#onlyRun();
    if (run === undefined) return undefined;
    const evaluation = this.#manifest.evaluation ?? this.#evaluationBeside(run);
    const baseRun = this.#readRun("run", run, "base");
    const evaluationRun =
      evaluation === undefined ? undefined : this.#readRun("evaluation", evaluation, "evaluation");
    if (baseRun !== undefined) this.#checkVariants(baseRun);
    if (evaluation === undefined || baseRun === undefined || evaluationRun === undefined) {
      return undefined;
    }
    return { run, evaluation, baseRun, evaluationRun };
  }

  #onlyRun(): string | undefined {
    const found = [...this.#files.keys()].filter((path) => /^[^/]+\/run\.ya?ml$/.test(path));
    if (found.length === 1) return found[0];
    const message =
      found.length === 0
        ? `no */run.yml in the app folder; name the run YAML of the flow with run:${otherFolder(this.#files)}`
        : `${found.sort().join(" and ")}: say with run: which one is meant`;
    this.#complain(["run"], message);
    return undefined;
  }

  #evaluationBeside(run: string): string | undefined {
    const names = ["run_evaluation.yml", "run_evaluation.yaml"];
    const paths = names.map((name) => join(folderOf(run), name));
    const found = paths.find((path) => this.#files.has(path));
    if (found === undefined) {
      const message = `no ${paths[0]}; name the evaluation's run YAML with evaluation:`;
      this.#complain(["evaluation"], message);
    }
    return found;
  }

  /** A file that the manifest itself names wrongly is the manifest's problem. */
  #readRun(key: string, file: string, kind: "base" | "evaluation"): RunSpec | undefined {
    if (!this.#files.has(file)) {
      this.#complain([key], `${file} is not in the bundle`);
      return undefined;
    }
    const { spec, problems } = readRunFile(this.#files, file, kind);
    this.problems.push(...problems);
    if (spec === undefined) return undefined;
    this.#parse(join(spec.flow, spec.flowFile));
    return spec;
  }

  #checkVariants({ flow, flowFile, variant, file }: RunSpec): void {
    const content = this.#files.get(join(flow, flowFile));
    const yaml = content === undefined ? undefined : parseYaml(flowFile, content);
    if (yaml === undefined || "message" in yaml) return;
    const known = FlowFile.safeParse(yaml.value).data?.node_variants ?? {};
    const missing = (text: string) => {
      const [node = "", name = ""] = text.slice(2, -1).split(".");
      return !Object.hasOwn(known[node]?.variants ?? {}, name);
    };
    this.#manifest.variants.forEach((text, index) => {
      if (missing(text)) this.#complain(["variants", index], `${flow}/${flowFile} has no ${text}`);
    });
    if (variant !== null && missing(variant)) {
      const message = `${variant} is no variant of ${join(flow, flowFile)}`;
      this.problems.push({ file, path: "variant", message });
    }
  }

  /** What the manifest names has to be there; what it leaves to the defaults only once somebody deploys. */
  #checkDeployment(): void {
    const { model, endpoint, deployment, smoke } = this.#manifest.deploy;
    const named = Named.safeParse(this.#yaml.value).data?.deploy ?? {};
    for (const [key, file] of Object.entries({ model, endpoint, deployment })) {
      if (this.#files.has(file)) this.#parse(file);
      else if (Object.hasOwn(named, key)) {
        this.#complain(["deploy", key], `${file} is not in the bundle`);
      }
    }
    const sample = this.#files.get(smoke);
    if (sample !== undefined && !isJson(sample)) {
      this.problems.push({ file: smoke, message: "is not valid JSON" });
    }
  }

  /** A YAML file of the app that has to be there and be a map. */
  #parse(file: string): void {
    const content = this.#files.get(file);
    if (content === undefined) return;
    const yaml = parseYaml(file, content);
    if ("message" in yaml) this.problems.push(yaml);
    else if (typeof yaml.value !== "object" || yaml.value === null || Array.isArray(yaml.value)) {
      this.problems.push({ file, line: 1, message: "has to be a map of keys and values" });
    }
  }

  #requireFiles(path: readonly string[], files: readonly string[]): void {
    files.forEach((file, index) => {
      if (!this.#files.has(file)) this.#complain([...path, index], `${file} is not in the bundle`);
    });
  }

  #complain(path: readonly PropertyKey[], message: string): void {
    this.problems.push(at(this.#yaml, path, message));
  }
}

function isJson(content: Uint8Array): boolean {
  try {
    JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(content));
    return true;
  } catch {
    return false;
  }
}
