import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { BundleFiles } from "#domain/bundle/bundle.ts";
import type { Account } from "./account.ts";
import { aPythonApp, FOUR_RIGHT } from "./python-app.ts";

/** What a pipeline is that something is killed under. */
export type Scenario = "session" | "compute-instance" | "rollout";
export const SCENARIOS: readonly Scenario[] = ["session", "compute-instance", "rollout"];

/** An app that notes in `log` each question that its flow is asked; `version` makes another bundle of it. */
export function aNotingApp(app: string, scenario: Scenario, log: string, version = 1): BundleFiles {
  const kind = scenario === "session" ? "session" : "compute-instance";
  const rollout = { steps: scenario === "rollout" ? [50, 100] : [100], bake: "0s" };
  return aPythonApp({
    name: app,
    manifest: { environment: { kind }, deploy: { rollout } },
    answer: [
      `with open(${JSON.stringify(log)}, "a") as log:`,
      '    log.write(question + "\\n")',
      `return question.upper()  # version ${version}`,
    ],
  });
}

/** How often the flow was asked each question of the dataset. */
export function timesAsked(log: string): readonly number[] {
  const asked = readFileSync(log, "utf8").split("\n");
  return FOUR_RIGHT.map(({ question }) => asked.filter((line) => line === question).length);
}

const LEDGERS: Readonly<Record<Scenario, readonly string[]>> = {
  session: ["session deleted"],
  "compute-instance": [
    "computeInstance deleted",
    "identity kept",
    "roleAssignment kept",
    "runtime deleted",
  ],
  rollout: ["computeInstance deleted", "identity kept", "roleAssignment kept", "runtime deleted"],
};

/** The account of a pipeline that passed and deployed, and of which nothing is missing and nothing left. */
export function wholeAccount(app: string, id: string, scenario: Scenario): Account {
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
    ledger: LEDGERS[scenario],
    resources: LEDGERS[scenario],
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

export const questionLog = (data: string, app: string) => join(data, `${app}.asked`);
