import { z } from "zod";
import type { App, BundleFiles } from "#domain/bundle/bundle.ts";
import { bundleDigest } from "#domain/bundle/digest.ts";
import { PipelineError, type Problem } from "#domain/errors.ts";
import { flowOutline } from "#domain/flow-outline.ts";
import { jsonProblem } from "#domain/json-mistake.ts";
import { utf8Text } from "#domain/utf8-text.ts";
import { folderOf, join } from "./app-path.ts";
import { checkFlowFiles } from "./check-flow-files.ts";
import { checkRun, meant, type RunOfFlow, unknownVariant } from "./check-run.ts";
import { at } from "./issues.ts";
import type { Manifest } from "./manifest.ts";
import { MANIFEST_FILE, readManifestFile } from "./manifest-file.ts";
import { notInBundle } from "./not-there.ts";
import { readRunFile } from "./run-file.ts";
import { parseYaml, type YamlText } from "./yaml-text.ts";

/**
 * Reads an app folder and everything that its manifest leads to. `app` is its name in the URL.
 * Throws with every problem at once: MANIFEST_INVALID if `flowgate.yaml` has some, else BUNDLE_INVALID.
 */
export function readApp(files: BundleFiles, app: string): App {
  const { manifest, yaml, problems } = readManifestFile(files, app);
  if (manifest === undefined) throw refusal(problems, true);

  const reader = new AppReader(files, manifest, yaml, problems);
  const read = reader.read(app);
  if (read === undefined || reader.problems.length > 0) throw refusal(reader.problems);
  return read;
}

function refusal(
  problems: readonly Problem[],
  own = problems.some(({ file }) => file === MANIFEST_FILE),
): PipelineError {
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
    const { run, evaluation, base, graded } = runs;
    return {
      manifest: { ...this.#manifest, name: app, run, evaluation },
      baseRun: base.spec,
      evaluationRun: graded.spec,
      files: this.#files,
      digest: bundleDigest(this.#files),
    };
  }

  #readRuns() {
    const run = this.#manifest.run ?? this.#onlyRun();
    if (run === undefined) return undefined;
    const base = this.#readRun("run", run, "base");
    // Beside a file that is not there, nothing is looked for.
    const there = this.#files.has(run);
    const evaluation =
      this.#manifest.evaluation ?? (there ? this.#evaluationBeside(run) : undefined);
    const graded =
      evaluation === undefined ? undefined : this.#readRun("evaluation", evaluation, "evaluation");
    if (base !== undefined) this.#checkBase(base);
    if (graded !== undefined) this.#checkGraded(graded, base);
    if (evaluation === undefined || base === undefined || graded === undefined) return undefined;
    return { run, evaluation, base, graded };
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
  #readRun(key: string, file: string, kind: "base" | "evaluation"): RunOfFlow | undefined {
    if (!this.#files.has(file)) {
      this.#complain([key], `${file} ${notInBundle(this.#files, file)}`);
      return undefined;
    }
    const { spec, yaml, problems } = readRunFile(this.#files, file, kind);
    this.problems.push(...problems);
    if (spec === undefined || yaml === undefined) return undefined;
    const flowPath = join(spec.flow, spec.flowFile);
    const isFlow = /\.ya?ml$/.test(flowPath);
    const flow = isFlow ? this.#parse(flowPath) : undefined;
    if (flow !== undefined) this.problems.push(...checkFlowFiles(this.#files, flow));
    return { spec, yaml, flowPath, outline: flowOutline(flow?.value) };
  }

  #checkBase(base: RunOfFlow): void {
    this.problems.push(...checkRun(base, null));
    this.#manifest.variants.forEach((text, index) => {
      const message = unknownVariant(text, base.flowPath, base.outline);
      if (message !== undefined) this.#complain(["variants", index], message);
    });
  }

  #checkGraded(graded: RunOfFlow, base: RunOfFlow | undefined): void {
    if (base !== undefined) this.problems.push(...checkRun(graded, base));
    const { outputs } = graded.outline;
    const { output } = this.#manifest.gate.correct;
    if (outputs.length === 0 || outputs.includes(output)) return;
    const message = `${graded.flowPath} has no output ${output} to say whether a row is right${meant(output, outputs)}`;
    this.#complain(["gate", "correct", "output"], message);
  }

  /** What the manifest names has to be there; what it leaves to the defaults only once somebody deploys. */
  #checkDeployment(): void {
    const { model, endpoint, deployment, smoke } = this.#manifest.deploy;
    const named = Named.safeParse(this.#yaml.value).data?.deploy ?? {};
    for (const [key, file] of Object.entries({ model, endpoint, deployment, smoke })) {
      if (this.#files.has(file)) {
        if (key !== "smoke") this.#parse(file);
      } else if (Object.hasOwn(named, key)) {
        this.#complain(["deploy", key], `${file} ${notInBundle(this.#files, file)}`);
      }
    }
    const sample = this.#files.get(smoke);
    const problem = sample === undefined ? undefined : notJson(smoke, sample);
    if (problem !== undefined) this.problems.push(problem);
  }

  /** A YAML file of the app that has to be a map; undefined where it is none, or not there. */
  #parse(file: string): YamlText | undefined {
    const content = this.#files.get(file);
    if (content === undefined) return undefined;
    const yaml = parseYaml(file, content);
    if ("message" in yaml) this.problems.push(yaml);
    else if (typeof yaml.value !== "object" || yaml.value === null || Array.isArray(yaml.value)) {
      this.problems.push({ file, line: 1, message: "has to be a map of keys and values" });
    } else return yaml;
    return undefined;
  }

  #requireFiles(path: readonly string[], files: readonly string[]): void {
    files.forEach((file, index) => {
      if (this.#files.has(file)) return;
      this.#complain([...path, index], `${file} ${notInBundle(this.#files, file)}`);
    });
  }

  #complain(path: readonly PropertyKey[], message: string): void {
    this.problems.push(at(this.#yaml, path, message));
  }
}

/** That it is an object counts only for who deploys. */
function notJson(file: string, content: Uint8Array): Problem | undefined {
  const text = utf8Text(content);
  if (typeof text !== "string") return { file, ...text };
  const wrong = jsonProblem(text);
  return wrong === undefined ? undefined : { file, ...wrong };
}
