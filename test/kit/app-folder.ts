import { type Zippable, zipSync } from "fflate";
import type { BundleFiles } from "#domain/bundle/bundle.ts";

const DEFAULT: Readonly<Record<string, string>> = {
  "web/run.yml": "flow: .\ndata: data.jsonl\n",
  "web/run_evaluation.yml": [
    "flow: ../evaluation/accuracy",
    "data: data.jsonl",
    "column_mapping:",
    "  groundtruth: ${data.answer}",
    "  prediction: ${run.outputs.category}",
    "",
  ].join("\n"),
  "web/flow.dag.yaml": "inputs: {}\noutputs: {}\nnodes: []\n",
  "web/data.jsonl": '{"url": "https://example.org/a", "answer": "App"}\n',
  "evaluation/accuracy/flow.dag.yaml": "inputs: {}\noutputs: {}\nnodes: []\n",
  "deployment/model.yaml": "name: web-model\npath: ../web\n",
  "deployment/endpoint.yaml": "auth_mode: key\n",
  "deployment/deployment.yaml": "environment: azureml:serving:1\ninstance_type: Standard_E4s_v3\n",
  "deployment/sample-request.json": '{"url": "https://example.org/a"}',
};

/** An app folder that is sound; a test names what is different (`null` leaves a file out). */
export function anAppFolder(
  differences: Readonly<Record<string, string | null>> = {},
): BundleFiles {
  const texts = Object.entries({ ...DEFAULT, ...differences });
  return new Map(
    texts.flatMap(([path, text]) => (text === null ? [] : [[path, Buffer.from(text)] as const])),
  );
}

export function zipOf(files: BundleFiles | Zippable): Uint8Array {
  return zipSync(files instanceof Map ? Object.fromEntries(files) : files);
}
