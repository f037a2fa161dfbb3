import type { App } from "#domain/bundle/bundle.ts";
import { readApp } from "#domain/manifest/read-app.ts";

const TEXTS: Readonly<Record<string, string>> = {
  "qa/flow.dag.yaml": [
    "inputs:",
    "  question: { type: string, default: 1_000 }",
    "outputs: {}",
    "nodes:",
    "- name: ask",
    "  use_variants: true",
    "- name: rank",
    "  type: llm",
    "  inputs: { deployment_name: old }",
    "  connection: old",
    "- name: look_up",
    "  type: python",
    "  inputs: { conn: old }",
    "node_variants:",
    "  ask:",
    "    default_variant_id: short",
    "    variants:",
    "      short: { node: { type: llm, connection: old, inputs: {} } }",
    "      long: { node: { type: llm, connection: old, inputs: {} } }",
    "",
  ].join("\n"),
  "qa/data.jsonl": '{"question":"first?","answer":"A"}\n{"question":"second?","answer":"B"}\n',
  "qa/run.yml": "flow: .\ndata: data.jsonl\n",
  "qa/run_evaluation.yml": "flow: ../grade\ndata: data.jsonl\n",
  "grade/flow.dag.yaml": "inputs: {}\noutputs: {}\nnodes: []\n",
  "deployment/model.yaml": "name: qa-model\npath: ../qa\n",
  "deployment/endpoint.yaml": "auth_mode: key\n",
  "deployment/deployment.yaml": [
    "model: azureml:qa-model:<VERSION>",
    "environment:",
    "  image: registry.example/serve:1",
    "instance_type: Standard_E4s_v3",
    "",
  ].join("\n"),
  "deployment/sample-request.json": '{"question":"why?"}',
};

/** A question flow with everything that its deployment needs; a test names what is different (`null` leaves a file out). */
export function anApp(differences: Readonly<Record<string, string | null>> = {}, name = "qa"): App {
  const texts = Object.entries({ ...TEXTS, ...differences });
  const files = texts.flatMap(([path, text]) =>
    text === null ? [] : [[path, Buffer.from(text)] as const],
  );
  return readApp(new Map(files), name);
}

export const WORKSPACE = {
  subscriptionId: "sub-1",
  resourceGroup: "group-1",
  workspace: "space-1",
} as const;

export function textOf(files: ReadonlyMap<string, Uint8Array>, path: string): string {
  return new TextDecoder().decode(files.get(path));
}
