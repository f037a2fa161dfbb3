import { existsSync, statSync } from "node:fs";
import { type BatchResult, FlowError, type FlowSource } from "#emulators/azure-ml/engine/engine.ts";
import type { Service } from "#emulators/azure-ml/service.ts";
import { baseRun } from "./base-run.ts";
import { childRun } from "./child-run.ts";
import { readRows } from "./data-rows.ts";
import { KnownLines } from "./known-lines.ts";
import { isTerminal, type Run, type RunStatus, requireRun, runsOf, updateRun } from "./run.ts";
import { writeArtifacts } from "./run-artifacts.ts";
import { partialError, provisioningError, RUNTIME_VERSION, wholeRunError } from "./run-error.ts";
import { logLine } from "./run-log.ts";
import { metricsOf } from "./run-metrics.ts";
import { RunTally } from "./run-tally.ts";
import { ensureSession, releaseSession, type Session, sessionProblem } from "./sessions.ts";
import { snapshotId, snapshotOf, takeSnapshot } from "./snapshot.ts";

class ProvisioningFailed extends Error {
  override readonly name = "ProvisioningFailed";
}

/** Executes bulk runs from submit to their end, and after a restart those that were under way. */
export class RunWork {
  readonly #service: Service;
  readonly #cancels = new Map<string, AbortController>();

  constructor(service: Service) {
    this.#service = service;
  }

  start(runId: string): void {
    const cancel = new AbortController();
    this.#cancels.set(runId, cancel);
    this.#service.work.start(`run ${runId}`, async () => {
      try {
        await this.#finish(runId, cancel.signal);
      } finally {
        this.#cancels.delete(runId);
      }
    });
  }

  cancel(runId: string): void {
    const run = requireRun(this.#service, runId);
    if (isTerminal(run)) return;
    updateRun(this.#service, run.runId, { status: "CancelRequested" });
    this.#cancels.get(run.runId)?.abort();
  }

  /** Takes up every run that a stop or a kill interrupted, from its first line. */
  takeUp(): void {
    for (const run of runsOf(this.#service).list()) {
      if (isTerminal(run)) continue;
      this.start(run.runId);
      if (run.status === "CancelRequested") this.#cancels.get(run.runId)?.abort();
    }
  }

  async #finish(runId: string, cancel: AbortSignal): Promise<void> {
    const service = this.#service;
    const signal = AbortSignal.any([cancel, service.work.stopping]);
    let end: Partial<Run>;
    try {
      end = await execute(service, runId, signal);
    } catch (error) {
      // What is stopped is not over: the next start takes it up.
      if (service.work.stopping.aborted) return;
      end = cancel.aborted ? { status: "Canceled" } : failure(service, error);
    }
    service.runLines.flush();
    const { status } = updateRun(service, runId, { ...end, endedAt: service.clock.now() });
    logLine(service, runId, `Ending the aml run '${runId}' with status '${status}'...`);
    service.log("run ended", { runId, status });
    releaseSession(service, requireRun(service, runId));
  }
}

function failure(service: Service, error: unknown): Partial<Run> {
  const body =
    error instanceof ProvisioningFailed
      ? provisioningError(service, error.message)
      : wholeRunError(service, error);
  return { status: "Failed", error: body };
}

async function execute(
  service: Service,
  runId: string,
  signal: AbortSignal,
): Promise<Partial<Run>> {
  signal.throwIfAborted();
  service.runLines.removeAll(runId);
  await provision(service, runId, signal);
  proceed(service, runId, "Preparing");
  await service.clock.pause(service.clock.now() + service.latency.runStart, signal);
  signal.throwIfAborted();
  const run = proceed(service, runId, "Running");
  await obeyFault(service, run, signal);
  const tally = new RunTally();
  const batch = await runFlow(service, run, { tally, signal });
  signal.throwIfAborted();
  await writeArtifacts(service.storage, service.runLines, runId);
  signal.throwIfAborted();
  return {
    status: "Completed",
    error: partialError(service, batch, tally),
    metrics: metricsOf(batch, tally),
    properties: { ...requireRun(service, runId).properties, ...tokenCounts(tally) },
  };
}

/** A session is waited for, however it came to be, and then has what the flow needs. */
async function provision(service: Service, runId: string, signal: AbortSignal): Promise<void> {
  const session = ensureSession(service, requireRun(service, runId));
  if (session) await waitFor(service, runId, session, signal);
  const { sessionId } = session ?? {};
  if (sessionId !== undefined) service.provisioning.add(sessionId);
  try {
    await prepare(service, requireRun(service, runId), signal);
  } finally {
    if (sessionId !== undefined) service.provisioning.delete(sessionId);
  }
}

async function waitFor(
  service: Service,
  runId: string,
  session: Session,
  signal: AbortSignal,
): Promise<void> {
  logLine(service, runId, `Waiting for session ${session.sessionId} to be ready...`);
  await service.clock.pause(session.readyAt ?? Number.POSITIVE_INFINITY, signal);
  signal.throwIfAborted();
  const problem = sessionProblem(service, session.sessionId);
  if (problem) throw new ProvisioningFailed(problem);
}

/** The flow's packages. A run without a snapshot finds out for itself what is wrong with its flow. */
async function prepare(service: Service, run: Run, signal: AbortSignal): Promise<void> {
  if (!run.snapshotTaken) return;
  const cancelled = Promise.withResolvers<never>();
  const cancel = () => cancelled.reject(signal.reason);
  signal.addEventListener("abort", cancel);
  try {
    await Promise.race([service.engine.prepare?.(sourceOf(service, run)), cancelled.promise]);
  } catch (error) {
    throw error instanceof FlowError ? new ProvisioningFailed(error.message) : error;
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}

function proceed(service: Service, runId: string, status: RunStatus): Run {
  logLine(service, runId, `Updating ${runId} to Status.${status}...`);
  if (status !== "Running") return updateRun(service, runId, { status });
  const properties = {
    ...requireRun(service, runId).properties,
    "azureml.promptflow.runtime_version": RUNTIME_VERSION,
    "azureml.promptflow.snapshot_id": snapshotId(runId),
  };
  return updateRun(service, runId, { status, startedAt: service.clock.now(), properties });
}

async function obeyFault(service: Service, { fault }: Run, signal: AbortSignal): Promise<void> {
  if (fault?.outcome === "failed") throw new Error(fault.message ?? "The run was made to fail.");
  if (fault?.outcome === "never") await service.clock.pause(Number.POSITIVE_INFINITY, signal);
  signal.throwIfAborted();
}

function sourceOf(service: Service, { runId, submit }: Run): FlowSource {
  const { flowFolder, flowFile } = snapshotOf(service, submit);
  return {
    folder: flowFolder,
    file: flowFile,
    variant: submit.nodeVariant ?? undefined,
    connections: submit.connections ?? {},
    environmentVariables: submit.environmentVariables ?? {},
    init: submit.initKWargs ?? {},
    log: (line) => logLine(service, runId, line),
  };
}

async function runFlow(
  service: Service,
  run: Run,
  { tally, signal }: { readonly tally: RunTally; readonly signal: AbortSignal },
): Promise<BatchResult> {
  const { runId, submit } = run;
  const log = (line: string) => logLine(service, runId, line);
  const { data } = run.snapshotTaken
    ? snapshotOf(service, submit)
    : await takeSnapshot(service, submit);
  await using flow = await service.engine.load(sourceOf(service, run));
  updateRun(service, runId, { nodes: flow.nodes });
  const given = data !== null && existsSync(data) ? readRows(data) : null;
  log(`Starting the aml run '${runId}'...`);
  signal.throwIfAborted();
  const known = new KnownLines(service, run);
  return await flow.runBatch({
    data: given?.rows ?? null,
    ...(data !== null && statSync(data, { throwIfNoEntry: false })?.isDirectory()
      ? { folder: data }
      : {}),
    run: baseRun(service, submit.variantRunId),
    inputsMapping: submit.inputsMapping ?? {},
    known,
    breakLine: (line) => lineFault(service, runId, line),
    onLine: (result) => {
      if (signal.aborted) return;
      service.runLines.write(runId, known.copyOf(result) ?? childRun(runId, result));
      tally.add(result);
      if (isWorthALine(tally.lines, given?.count)) {
        log(`Finished ${tally.lines} / ${given?.count ?? "?"} lines.`);
      }
    },
    signal,
  });
}

/** As the runtime logs its progress: every tenth line, more often where there are fewer than a hundred, and the last. */
function isWorthALine(finished: number, total = 100): boolean {
  return finished === total || finished % Math.max(1, Math.min(10, Math.floor(total / 10))) === 0;
}

function lineFault(service: Service, runId: string, line: number): string | undefined {
  const fault = service.backDoor.takeOutcome("line", runId, line);
  if (!fault) return undefined;
  const timeout = `Line ${line} execution timeout for exceeding 600 seconds`;
  return fault.message ?? (fault.outcome === "never" ? timeout : "The line was made to fail.");
}

function tokenCounts({ tokens: { prompt, completion } }: RunTally): Record<string, string> {
  return {
    "azureml.promptflow.prompt_tokens": String(prompt),
    "azureml.promptflow.completion_tokens": String(completion),
    "azureml.promptflow.total_tokens": String(prompt + completion),
  };
}
