import type { App, RunSpec } from "#domain/bundle/bundle.ts";
import { Manifest } from "#domain/manifest/manifest.ts";

export const BUNDLE = `sha256:${"b".repeat(64)}`;

export function aRunSpec(differences: Partial<RunSpec> = {}): RunSpec {
  return {
    file: "qa/run.yml",
    flow: "qa",
    flowFile: "flow.dag.yaml",
    data: "qa/data.jsonl",
    columnMapping: {},
    variant: null,
    connections: {},
    environmentVariables: {},
    init: null,
    displayName: null,
    description: null,
    tags: {},
    ...differences,
  };
}

/** Content of an app folder, by path. */
export function files(texts: Readonly<Record<string, string>>): ReadonlyMap<string, Uint8Array> {
  return new Map(Object.entries(texts).map(([path, text]) => [path, Buffer.from(text)]));
}

/** A question flow, and one that grades it; a test names what is different. */
export function anApp(differences: Partial<App> = {}): App {
  const evaluation = {
    file: "qa/run_evaluation.yml",
    flow: "grade",
    columnMapping: { groundtruth: "${data.answer}", prediction: "${run.outputs.category}" },
  };
  return {
    manifest: {
      ...Manifest.parse({}),
      name: "qa",
      run: "qa/run.yml",
      evaluation: "qa/run_evaluation.yml",
    },
    baseRun: aRunSpec(),
    evaluationRun: aRunSpec(evaluation),
    files: files({
      "qa/flow.dag.yaml": "inputs: {}\nnodes: []\n",
      "qa/requirements.txt": "# what the tools import\nbs4==0.0.2\n",
      "qa/data.jsonl": '{"question":"a","answer":"A"}\n',
      "grade/flow.dag.yaml": "inputs: {}\nnodes: []\n",
    }),
    digest: BUNDLE,
    ...differences,
  };
}
