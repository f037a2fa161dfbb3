import type { BundleFiles } from "#domain/bundle/bundle.ts";

export interface PythonAppOptions {
  readonly name: string;
  /** The dataset; default: four questions that the flow answers rightly. */
  readonly rows?: readonly Readonly<Record<string, unknown>>[];
  /** Body of the flow's Python function `answer(question: str) -> str`, one line a statement. */
  readonly answer?: readonly string[];
  /** Laid over the manifest's top level. */
  readonly manifest?: Readonly<Record<string, unknown>>;
  /** Laid over the folder; null leaves a file out. */
  readonly overlay?: Readonly<Record<string, string | null>>;
}

/** Question and expected answer: the flow answers in upper case. */
export const FOUR_RIGHT = [
  { question: "ash", expected: "ASH" },
  { question: "birch", expected: "BIRCH" },
  { question: "cedar", expected: "CEDAR" },
  { question: "elm", expected: "ELM" },
] as const;

/**
 * An app folder of pure Python nodes, evaluated in well under a second: `shout/` answers a question in
 * upper case, `check/` grades it and logs `accuracy`. It deploys at once to `{name}-endpoint`.
 */
export function aPythonApp({
  name,
  rows = FOUR_RIGHT,
  answer = ["return question.upper()"],
  manifest = {},
  overlay = {},
}: PythonAppOptions): BundleFiles {
  const texts: Record<string, string | null> = {
    "flowgate.yaml": json({
      apiVersion: "flowgate/v1",
      name,
      gate: { metrics: [{ name: "accuracy", min: 0.6 }] },
      deploy: { rollout: { steps: [100], bake: "0s" } },
      ...manifest,
    }),
    "shout/run.yml": [
      "flow: .",
      "data: data.jsonl",
      "column_mapping:",
      "  question: ${data.question}",
      "",
    ].join("\n"),
    "shout/run_evaluation.yml": [
      "flow: ../check",
      "data: data.jsonl",
      "run: base_run",
      "column_mapping:",
      "  expected: ${data.expected}",
      "  given: ${run.outputs.answer}",
      "",
    ].join("\n"),
    "shout/data.jsonl": jsonLines(rows),
    "shout/flow.dag.yaml": json({
      inputs: { question: { type: "string" } },
      outputs: { answer: { type: "string", reference: "${answer.output}" } },
      nodes: [pythonNode("answer", { question: "${inputs.question}" })],
    }),
    "shout/answer.py": pythonTool("answer(question: str) -> str", answer),
    "check/flow.dag.yaml": json({
      type: "evaluation",
      inputs: { expected: { type: "string" }, given: { type: "string" } },
      outputs: { grade: { type: "string", reference: "${grade.output}" } },
      nodes: [
        pythonNode("grade", { expected: "${inputs.expected}", given: "${inputs.given}" }),
        { ...pythonNode("share", { grades: "${grade.output}" }), aggregation: true },
      ],
    }),
    "check/grade.py": pythonTool("grade(expected: str, given: str) -> str", [
      'return "Correct" if expected == given else "Incorrect"',
    ]),
    "check/share.py": pythonTool(
      "share(grades: list) -> float",
      [
        'accuracy = grades.count("Correct") / len(grades) if grades else 0.0',
        'log_metric("accuracy", accuracy)',
        "return accuracy",
      ],
      "log_metric, tool",
    ),
    "deployment/model.yaml": json({ name: `${name}-model`, path: "../shout" }),
    "deployment/endpoint.yaml": json({ auth_mode: "key" }),
    "deployment/deployment.yaml": json({
      model: `azureml:${name}-model:<VERSION>`,
      environment: {
        image: "registry.example/serve:1",
        inference_config: {
          liveness_route: { path: "/health", port: 8080 },
          readiness_route: { path: "/health", port: 8080 },
          scoring_route: { path: "/score", port: 8080 },
        },
      },
      instance_type: "Standard_E4s_v3",
      instance_count: 1,
      environment_variables: { PROMPTFLOW_RUN_MODE: "serving" },
    }),
    "deployment/sample-request.json": json({ question: "oak" }),
    ...overlay,
  };
  return new Map(
    Object.entries(texts).flatMap(([path, text]) =>
      text === null ? [] : [[path, Buffer.from(text)] as const],
    ),
  );
}

/** A node of a flow whose code is the Python file of its name. */
export function pythonNode(name: string, inputs: Readonly<Record<string, string>>) {
  return { name, type: "python", source: { type: "code", path: `${name}.py` }, inputs } as const;
}

/** A Python file with one tool. */
export function pythonTool(
  signature: string,
  statements: readonly string[],
  imports = "tool",
): string {
  return [
    `from promptflow.core import ${imports}`,
    "",
    "",
    "@tool",
    `def ${signature}:`,
    ...statements.map((line) => `    ${line}`),
    "",
  ].join("\n");
}

export function jsonLines(rows: readonly Readonly<Record<string, unknown>>[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join("");
}

/** JSON is YAML, so these serve as the app's YAML files too. */
function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
