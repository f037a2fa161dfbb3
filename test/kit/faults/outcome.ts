import type { Pipeline } from "#domain/pipeline.ts";

/** All that was seen of one pipeline that something was done to. */
export interface Outcome {
  readonly pipeline: Pipeline;
  readonly listed: readonly string[];
  /** Kind, state and name of each entry. */
  readonly ledger: readonly string[];
  readonly locks: readonly string[];
  readonly events: readonly string[];
  /** What of its test environment is still in Azure ML. */
  readonly left: readonly string[];
  readonly runs: readonly string[];
  /** Of these, what has not ended. */
  readonly running: readonly string[];
  /** How often the flow was asked each question of the dataset. */
  readonly asked: readonly number[];
  readonly traffic: Readonly<Record<string, number>>;
  readonly deployments: readonly string[];
  /** What served before; null where nothing did. */
  readonly stable: string | null;
  /** What the endpoint answers to a question, or why it does not; undefined where it has no traffic. */
  readonly answer: string | undefined;
}

type Promises = readonly (readonly [kept: boolean, broken: string])[];

/** What no fault may lead to, in words. */
export function brokenPromises(outcome: Outcome): readonly string[] {
  const promises = [...ofItsEnd(outcome), ...ofWhatIsLeft(outcome), ...ofServing(outcome)];
  return promises.flatMap(([kept, broken]) => (kept ? [] : [broken]));
}

function ofItsEnd({ pipeline, listed, asked, runs }: Outcome): Promises {
  const { status, stage, steps, verdict, deployment, error } = pipeline;
  const open = steps.filter(({ startedAt, endedAt }) => startedAt === null || endedAt === null);
  const outcome = deployment?.outcome ?? "";
  const hasFailed = verdict?.outcome === "error" || ["failed", "rolledBack"].includes(outcome);
  return [
    [status !== "running" && stage === "done", `it is ${status} ${stage}`],
    [open.length === 0, `open: ${open.map(({ name }) => name)}`],
    [String(listed) === status, `listed as ${listed}`],
    [["passed", "error"].includes(verdict?.outcome ?? ""), `verdict ${verdict?.outcome}`],
    [hasFailed === (status === "failed"), `${status}: ${verdict?.outcome}, ${outcome}`],
    [!hasFailed || error !== null, "failed without an error"],
    [asked.every((times) => times <= 1), `asked ${asked} times`],
    [runs.length <= 2, `runs ${runs}`],
  ];
}

function ofWhatIsLeft({ pipeline, ledger, locks, left, runs, running }: Outcome): Promises {
  const open = ledger.filter((entry) => / (intended|created) /.test(entry));
  const leaked = leaksIn(ledger);
  const unnoted = left.filter((name) => !leaked.some((entry) => entry.endsWith(` ${name}`)));
  return [
    [locks.length === 0, `the endpoint is held by ${locks}`],
    [open.length === 0, `the ledger has ${open}`],
    [unnoted.length === 0, `left: ${unnoted}`],
    [leaked.length === 0 || pipeline.error !== null, `${leaked} without an error`],
    [new Set(runs).size === runs.length, `runs ${runs}`],
    [running.length === 0, `goes on: ${running}`],
  ];
}

function ofServing({ pipeline, stable, traffic, answer, deployments }: Outcome): Promises {
  const { deployment } = pipeline;
  const sum = Object.values(traffic).reduce((all, share) => all + share, 0);
  const isTold = /The way back is not complete/.test(deployment?.reason ?? "");
  const serving = deployment?.outcome === "deployed" ? deployment.deployment : stable;
  const others = deployments.filter((name) => name !== serving);
  const alone = [
    others.length === 0 || deployment?.outcome === "deployed" || isTold,
    `${others} stayed`,
  ] as const;
  if (serving === null) {
    return [alone, [sum === 0 || isTold, `traffic is ${JSON.stringify(traffic)}`]];
  }
  return [
    alone,
    [sum === 100, `traffic sums to ${sum}`],
    [traffic[serving] === 100 || isTold, `${serving} has not all of ${JSON.stringify(traffic)}`],
    [answer === '{"answer":"YEW"}', `${serving} answers ${answer}`],
  ];
}

/** The events of a pipeline, unless the topic itself is what was broken. */
export function missingEvents({ pipeline, events }: Outcome): readonly string[] {
  const { deployment } = pipeline;
  const tried = deployment !== null && deployment.outcome !== "skipped";
  const told = [
    "PipelineStarted",
    "EvaluationCompleted",
    ...(tried ? ["DeploymentCompleted"] : []),
    "PipelineCompleted",
  ].map((type, n) => `${n + 1} Flowgate.${type}`);
  return String(events) === String(told) ? [] : [`events are ${events}`];
}

/** What is other than if nothing had been. */
export function differences(outcome: Outcome): readonly string[] {
  const { pipeline, left, ledger, asked, deployments } = outcome;
  const { status, error, deployment, steps } = pipeline;
  const failed = steps.filter((step) => step.status === "failed");
  return [
    ...(status === "succeeded" ? [] : [status]),
    ...(error === null ? [] : [error.message]),
    ...(deployment?.outcome === "deployed" ? [] : [`deployment ${deployment?.outcome}`]),
    ...failed.map(({ name, note }) => `${name}: ${note}`),
    ...leaksIn(ledger),
    ...left,
    ...(asked.every((times) => times === 1) ? [] : [`asked ${asked} times`]),
    ...(deployments.length === 1 ? [] : [`deployments ${deployments}`]),
  ];
}

function leaksIn(ledger: readonly string[]): readonly string[] {
  return ledger.filter((entry) => entry.includes(" leaked "));
}
