import { rmSync } from "node:fs";
import { join } from "node:path";
import { BlobServiceClient } from "@azure/storage-blob";
import { type Stack, startStack } from "#emulators/stack/start-stack.ts";
import { type Files, overlaid, readFolder, zip } from "./demo/app-folder.ts";
import { flowgateAt, type PipelineDocument } from "./demo/flowgate.ts";
import { ask, inventory, publishedEvents } from "./demo/production.ts";
import { clipped, headline, say, stepReporter, table } from "./demo/show.ts";

const REPOSITORY = join(import.meta.dirname, "..");
const APP = "web-classification";
const APP_FOLDER = join(REPOSITORY, "samples", APP);
const WEAK_PROMPT = join(REPOSITORY, "samples/overlays/weak-prompt");
const DATA = join(REPOSITORY, ".flowgate", `demo-${process.pid}`);
const TEST_RESOURCES = ["computeInstance", "runtime", "session"];

type Flowgate = ReturnType<typeof flowgateAt>;

async function main(): Promise<void> {
  say("Starting the local stack: Azurite, model, Azure ML, Event Grid, Functions host …");
  const stopper = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () =>
      stopper.abort(new Error("The demo was interrupted; everything was stopped and removed.")),
    );
  const logs: string[] = [];
  try {
    await using stack = await startStack({
      ports: "free",
      data: DATA,
      latency: "demo",
      signal: stopper.signal,
      log: (part, line) => logs.push(`${part}: ${line}`),
      warn: say,
    });
    const interrupted = new Promise<never>((_, reject) =>
      stopper.signal.addEventListener("abort", () => reject(stopper.signal.reason)),
    );
    await Promise.race([play(stack), interrupted]);
  } catch (error) {
    if (!stopper.signal.aborted) {
      for (const line of logs.slice(-20)) process.stderr.write(`${line}\n`);
    }
    throw error;
  } finally {
    rmSync(DATA, { recursive: true, force: true });
  }
}

async function play(stack: Stack): Promise<void> {
  const flowgate = flowgateAt(stack.functions);
  const app = readFolder(APP_FOLDER);

  headline("1. A weak prompt: the gate holds it back");
  const weak = await submit(flowgate, overlaid(app, readFolder(WEAK_PROMPT)));
  const untouched = (await inventory(stack)).filter(({ kind }) =>
    ["model", "endpoint"].includes(kind),
  );
  expect(weak.verdict?.outcome === "failed", "the weak prompt is held back");
  expect(untouched.length === 0, "nothing was registered or deployed");

  headline("2. A better prompt, on a compute instance: it passes and is deployed");
  const good = await submit(flowgate, onComputeInstance(app));
  expect(good.deployment?.outcome === "deployed", "the better prompt is deployed");

  headline("3. New test data: a pipeline starts by itself");
  await uploadData(stack, app);
  const started = await flowgate.findStartedBy("data", APP);
  say(`  pipeline ${started.id}`);
  const byData = await flowgate.follow(started.id, stepReporter());
  sayVerdict(byData);
  expect(byData.verdict?.outcome === "passed", "the new data is passed");

  const pipelines = [weak, good, byData];
  headline("Verdicts");
  table(
    ["pipeline", "started by", "accuracy", "95 % interval", "right", "verdict", "deployment"],
    pipelines.map(verdictRow),
  );
  await showReport(flowgate, weak);
  await showRows(flowgate, good);
  await showAnswer(stack, good, app);
  await showEvents(stack);
  await showNothingLeft(stack, pipelines);
}

async function submit(flowgate: Flowgate, files: Files): Promise<PipelineDocument> {
  const { digest, files: count } = await flowgate.uploadBundle(APP, zip(files));
  say(`  bundle ${digest.slice(0, 19)}… (${count} files)`);
  const { id } = await flowgate.startPipeline({ app: APP, bundle: digest, deploy: true });
  say(`  pipeline ${id}`);
  const ended = await flowgate.follow(id, stepReporter());
  sayVerdict(ended);
  return ended;
}

function sayVerdict({ verdict, error }: PipelineDocument): void {
  const [why = error?.message ?? "", ...more] = verdict?.reasons ?? [];
  say(`  → ${verdict?.outcome ?? "no verdict"}: ${why}`);
  for (const reason of more) say(`    ${reason}`);
  const place = [error?.file, error?.line].filter((part) => part != null).join(":");
  if (place !== "") say(`    at ${place}${error?.node == null ? "" : `, node ${error.node}`}`);
}

function onComputeInstance(app: Files): Files {
  const manifest = Buffer.from(app.get("flowgate.yaml") ?? "").toString("utf8");
  const changed = manifest.replace(/^(\s+)kind: session.*$/m, "$1kind: compute-instance");
  return overlaid(app, new Map([["flowgate.yaml", Buffer.from(changed)]]));
}

async function uploadData({ storage }: Stack, app: Files): Promise<void> {
  const content = Buffer.from(app.get("web-classification/data.jsonl") ?? "");
  const container = BlobServiceClient.fromConnectionString(storage).getContainerClient("test-data");
  await container.getBlockBlobClient(`${APP}/data.jsonl`).uploadData(content);
  say(`  uploaded test-data/${APP}/data.jsonl`);
}

function verdictRow({ id, trigger, verdict, deployment }: PipelineDocument): readonly string[] {
  const rows = verdict?.rows ?? null;
  const { value, low, high } = verdict?.metrics["accuracy"] ?? {};
  const interval = [low, high].map((end) => end?.toFixed(3) ?? "-");
  return [
    id,
    trigger,
    value?.toFixed(3) ?? "-",
    interval.join(" to "),
    rows === null ? "-" : `${rows.correct} of ${rows.expected}`,
    verdict?.outcome ?? "none",
    deployment === null ? "-" : [deployment.outcome, deployment.reason].filter(Boolean).join(": "),
  ];
}

/** The figures of `report.md`. */
async function showReport(flowgate: Flowgate, { id }: PipelineDocument): Promise<void> {
  headline(`From the report of ${id}`);
  const report = await flowgate.report(id);
  const [, chart = ""] = /^```text\n(.*?)^```/ms.exec(report) ?? [];
  for (const line of chart.trimEnd().split("\n")) say(`  ${line}`);
  say(`  all of it, every wrong row too: GET /api/pipelines/${id}/report (accept: text/markdown)`);
}

async function showRows(flowgate: Flowgate, { id }: PipelineDocument): Promise<void> {
  headline(`Rows of ${id} (the first five)`);
  const { items } = await flowgate.rows(id, 5);
  table(
    ["line", "outcome", "inputs", "outputs"],
    items.map(({ line, outcome, inputs, outputs }) => [
      String(line),
      String(outcome),
      clipped(inputs, 60),
      clipped(outputs, 60),
    ]),
  );
}

async function showAnswer(
  stack: Stack,
  { deployment }: PipelineDocument,
  app: Files,
): Promise<void> {
  headline("The deployed endpoint answers");
  const question: unknown = JSON.parse(
    Buffer.from(app.get("deployment/sample-request.json") ?? "{}").toString("utf8"),
  );
  const { endpoint, scoringUri } = deployment ?? { endpoint: null, scoringUri: null };
  const answer = await ask(stack, endpoint ?? "", scoringUri ?? "", question);
  say(`  POST ${scoringUri}`);
  say(`  ${clipped(question, 110)}`);
  say(`  → ${clipped(answer, 110)}`);
}

async function showEvents(stack: Stack): Promise<void> {
  headline("Events on the topic");
  const events = await publishedEvents(stack);
  table(
    ["sequence", "type", "subject"],
    events.map(({ sequence, type, subject }) => [sequence, type, subject]),
  );
  const completed = events.filter(({ type }) => type === "Flowgate.PipelineCompleted");
  expect(completed.length === 3, "three pipelines told that they are complete");
}

async function showNothingLeft(
  stack: Stack,
  pipelines: readonly PipelineDocument[],
): Promise<void> {
  headline("What is left");
  const all = await inventory(stack);
  const left = all.filter(({ kind }) => TEST_RESOURCES.includes(kind));
  const removed = pipelines.flatMap(({ resources }) =>
    resources.filter(({ state }) => state === "deleted"),
  );
  table(
    ["removed", "name"],
    removed.map(({ kind, name }) => [kind, name]),
  );
  say(`  test resources left in the workspace: ${left.length}`);
  expect(left.length === 0, "no test resource is left");
}

function expect(holds: boolean, what: string): void {
  if (!holds) throw new Error(`The demo expected that ${what}. It did not hold.`);
}

try {
  const begun = performance.now();
  await main();
  say(
    `\nDone in ${((performance.now() - begun) / 1_000).toFixed(0)} s. Everything was stopped and removed.`,
  );
  say("Next: npm start, then the curl commands in README.md.");
} catch (error) {
  process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
