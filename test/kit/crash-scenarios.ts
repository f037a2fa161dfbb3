import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { BundleFiles } from "#domain/bundle/bundle.ts";
import type { Pipeline } from "#domain/pipeline.ts";
import type { StackFile } from "#emulators/stack/layout.ts";
import type { Account } from "./account.ts";
import { flowgateAt } from "./flowgate.ts";
import { aPythonApp, FOUR_RIGHT, pythonNode } from "./python-app.ts";
import type { StackProcess } from "./stack-process.ts";

/** What a pipeline is that something is killed under. */
export type Scenario = "session" | "compute-instance" | "rollout";
export const SCENARIOS: readonly Scenario[] = ["session", "compute-instance", "rollout"];

/** The offline model gives back a question that comes without examples. */
const ASKING_FLOW = {
  inputs: { question: { type: "string" } },
  outputs: { answer: { type: "string", reference: "${answer.output}" } },
  nodes: [
    {
      name: "ask",
      type: "llm",
      source: { type: "code", path: "ask.jinja2" },
      connection: "offline",
      api: "chat",
      inputs: { deployment_name: "any", question: "${inputs.question}" },
    },
    pythonNode("answer", { question: "${ask.output}" }),
  ],
};

/** An app that asks the model and notes in `log` each question that it was asked; each `version` is a bundle of its own. */
export function aNotingApp(
  app: string,
  scenario: Scenario,
  log: string,
  version: number,
): BundleFiles {
  const kind = scenario === "session" ? "session" : "compute-instance";
  const rollout = { steps: scenario === "rollout" ? [50, 100] : [100], bake: "0s" };
  return aPythonApp({
    name: app,
    manifest: { environment: { kind }, deploy: { rollout } },
    overlay: {
      "shout/flow.dag.yaml": JSON.stringify(ASKING_FLOW),
      "shout/ask.jinja2": "user:\n{{question}}\n",
    },
    answer: [
      `with open(${JSON.stringify(log)}, "a") as log:`,
      '    log.write(question + "\\n")',
      `return question.upper()  # version ${version}`,
    ],
  });
}

/** How often the app's flow was asked each question of the dataset. */
export function timesAsked({ data }: StackProcess, app: string): readonly number[] {
  const asked = readFileSync(join(data, app), "utf8").split("\n");
  return FOUR_RIGHT.map(({ question }) => asked.filter((line) => line === question).length);
}

const IN_SESSION = ["session deleted"];
const ON_COMPUTE = [
  "computeInstance deleted",
  "identity kept",
  "roleAssignment kept",
  "runtime deleted",
];

/** The account of a pipeline that passed and deployed, and of which nothing is missing and nothing left. */
export function wholeAccount(app: string, id: string, scenario: Scenario): Account {
  const resources = scenario === "session" ? IN_SESSION : ON_COMPUTE;
  const models = scenario === "rollout" ? [`${app}-model:1`, `${app}-model:2`] : [`${app}-model:1`];
  return {
    status: "succeeded",
    stage: "done",
    verdict: "passed",
    deployment: "deployed",
    error: null,
    openSteps: [],
    failedSteps: [],
    listed: ["succeeded"],
    ledger: resources,
    resources,
    locks: [],
    rows: ["0 correct", "1 correct", "2 correct", "3 correct"],
    events: [
      "1 Flowgate.PipelineStarted",
      "2 Flowgate.EvaluationCompleted",
      "3 Flowgate.DeploymentCompleted",
      "4 Flowgate.PipelineCompleted",
    ],
    runs: [`${id}-base-0`, `${id}-evaluation-0`],
    models,
    servesAlone: true,
    left: [],
  };
}

/** Uploads and starts; a rollout is over an earlier deployment, whose pipeline nothing happens to. */
export async function startScenario(
  { data }: StackProcess,
  { functions }: StackFile,
  scenario: Scenario,
  app: string,
): Promise<Pipeline> {
  const flowgate = flowgateAt(functions);
  if (scenario === "rollout") {
    const stable = aNotingApp(app, "compute-instance", join(data, `${app}.stable`), 1);
    await flowgate.run(app, stable, { deploy: true });
  }
  const { body } = await flowgate.upload(app, aNotingApp(app, scenario, join(data, app), 2));
  return (await flowgate.start({ app, bundle: body.digest, deploy: true })).body;
}
