import type { App, BundleFiles } from "#domain/bundle/bundle.ts";
import { requireDeployable } from "#domain/deployment/deployable.ts";
import { PipelineError } from "#domain/errors.ts";
import { readApp } from "#domain/manifest/read-app.ts";

/** A sound app as people write it, each file with lines of its own to be wrong in. */
const SOUND: Readonly<Record<string, string>> = {
  "flowgate.yaml": "name: web\n",
  "web/run.yml": [
    "flow: .",
    "data: data.jsonl",
    "column_mapping:",
    "  url: ${data.url}",
    "connections:",
    "  ask: { connection: open_ai }",
    "",
  ].join("\n"),
  "web/run_evaluation.yml": [
    "flow: ../evaluation/accuracy",
    "data: data.jsonl",
    "column_mapping:",
    "  truth: ${data.answer}",
    "  said: ${run.outputs.category}",
    "",
  ].join("\n"),
  "web/flow.dag.yaml": [
    "inputs:",
    "  url: { type: string }",
    "  text: { type: string, default: none }",
    "outputs:",
    "  category: { type: string, reference: '${parse.output}' }",
    "nodes:",
    "- name: ask",
    "  type: llm",
    "  source: { type: code, path: ask.jinja2 }",
    "  inputs: { url: '${inputs.url}' }",
    "- name: parse",
    "  type: python",
    "  source: { type: code, path: parse.py }",
    "  inputs: { reply: '${ask.output}' }",
    "",
  ].join("\n"),
  "web/ask.jinja2": "user:\n{{url}}\n",
  "web/parse.py": "# read\n",
  "web/requirements.txt": "bs4==0.0.2\n",
  "web/data.jsonl": '{"url":"a","answer":"App"}\n{"url":"b","answer":"App"}\n',
  "evaluation/accuracy/flow.dag.yaml": [
    "inputs: { truth: { type: string }, said: { type: string } }",
    "outputs: { grade: { type: string, reference: '${grade.output}' } }",
    "nodes:",
    "- name: grade",
    "  type: python",
    "  source: { type: code, path: grade.py }",
    "  inputs: { truth: '${inputs.truth}', said: '${inputs.said}' }",
    "",
  ].join("\n"),
  "evaluation/accuracy/grade.py": "# grade\n",
  "deployment/model.yaml": "name: web-model\npath: ../web\n",
  "deployment/endpoint.yaml": "name: web-endpoint\nauth_mode: key\n",
  "deployment/deployment.yaml": [
    "environment:",
    "  image: registry.example/serve:1",
    "instance_type: Standard_E4s_v3",
    "",
  ].join("\n"),
  "deployment/sample-request.json": '{\n  "url": "a"\n}\n',
};

/** A text, nothing (the file is left out), bytes, or what is replaced by what in the sound file. */
export type Change = string | null | Uint8Array | readonly [from: string, to: string];
export type Mistake = Readonly<Record<string, Change>>;

export function anAppWith(mistake: Mistake = {}): BundleFiles {
  const files = new Map<string, Uint8Array>(
    Object.entries(SOUND).map(([path, text]) => [path, Buffer.from(text)]),
  );
  for (const [path, change] of Object.entries(mistake)) {
    if (change === null) files.delete(path);
    else files.set(path, contentOf(path, change));
  }
  return files;
}

function contentOf(path: string, change: NonNullable<Change>): Uint8Array {
  if (typeof change === "string") return Buffer.from(change);
  if (change instanceof Uint8Array) return change;
  const [from, to] = change as readonly [string, string];
  const sound = SOUND[path] ?? "";
  if (!sound.includes(from)) throw new Error(`${path} has no ${from}`);
  return Buffer.from(sound.replace(from, () => to));
}

export const utf16 = (text: string): Uint8Array =>
  Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, "utf16le")]);

export const latin1 = (text: string): Uint8Array => Buffer.from(text, "latin1");

/** What a person is told who uploads it: `file:line path: message`, each problem a text. */
export function toldAtUpload(mistake: Mistake): readonly string[] {
  return told(() => readApp(anAppWith(mistake), "web"));
}

/** What a person is told who uploads it, and then asks for a pipeline that deploys. */
export function toldAtStart(mistake: Mistake): readonly string[] {
  const app: App = readApp(anAppWith(mistake), "web");
  return told(() => requireDeployable(app));
}

function told(act: () => unknown): readonly string[] {
  try {
    act();
    return [];
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error;
    return error.problems.map(({ file, line, path, message }) => {
      const place = line === undefined ? file : `${file}:${line}`;
      return `${place}${path === undefined ? "" : ` ${path}`}: ${message}`;
    });
  }
}
