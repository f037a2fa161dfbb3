import type { BranchInput, BranchOutcome } from "#domain/branch.ts";
import { PipelineError } from "#domain/errors.ts";
import { mergePipelines } from "#domain/merge-pipelines.ts";
import type { Pipeline, Resource, ResourceState, StepName } from "#domain/pipeline.ts";
import { beginStep, endStep, noteStep, retryStep, withResource } from "#domain/progress.ts";
import type { Place } from "#domain/progress-keys.ts";
import type { Step } from "#domain/step.ts";
import { recordPipeline, recordResource } from "#domain/steps.ts";
import {
  call,
  type Durably,
  now,
  type OrchestrationContext,
  pause,
  type Retries,
  timestamp,
} from "#durable/durably.ts";
import { errorBody } from "#durable/failures.ts";

/** What one record lacks the next one has, so there is little to wait for. */
const RECORD_PATIENCE_MS = 6_000;
const LAST_RECORD_TRIES = 20;
const LAST_RECORD_WAIT_MS = 60_000;

const SILENT = new PipelineError("INTERNAL", "A branch ended without a value.");

/** Long enough after a pipeline's own deadlines that only what was forgotten is overdue. */
const LEDGER_SLACK_MS = 15 * 60_000;

/**
 * What one orchestration knows of its pipeline, written down at every step, so that a person can
 * follow it while it runs.
 */
export class Journal {
  pipeline: Pipeline;
  /** Steps that are repeated: which repeat it is, from 1, of how many at most. Their end is that of the last one, or `endRounds`. */
  round: { readonly number: number; readonly of: number } | null = null;
  readonly context: OrchestrationContext;
  readonly #accepted: BranchInput["accepted"];
  readonly #place: Place;
  #running: StepName | undefined;
  /** What goes on with the next round, and when it was last at work. */
  readonly #open = new Map<StepName, string>();

  constructor(
    context: OrchestrationContext,
    { accepted, pipeline }: BranchInput,
    place: Place = {},
  ) {
    this.context = context;
    this.pipeline = pipeline;
    this.#accepted = accepted;
    this.#place = place;
  }

  /**
   * Runs one step of the pipeline's list; what it throws ends the step as failed and goes on. What its
   * result is worth noting stands beside the step.
   */
  *step<Result>(
    name: StepName,
    work: () => Durably<Result>,
    notesOf: (result: Result) => readonly string[] = () => [],
  ): Durably<Result> {
    this.#begin(name);
    this.#running = name;
    yield* this.save();
    try {
      const result = yield* work();
      const note = notesOf(result).join(" ");
      if (this.round !== null) this.#open.set(name, timestamp(this.context));
      else this.#end(name, { status: "succeeded", ...(note === "" ? {} : { note }) });
      return result;
    } catch (error) {
      this.#open.delete(name);
      this.#end(name, { status: "failed", note: errorBody(error).message });
      throw error;
    } finally {
      this.#running = undefined;
    }
  }

  /** No round follows: what was repeated ended when it was last at work. */
  endRounds(): void {
    for (const [name, at] of this.#open) {
      this.pipeline = endStep(this.pipeline, name, this.#place, at, { status: "succeeded" });
    }
    this.#open.clear();
    this.round = null;
  }

  /** An activity of the running step; further attempts are counted on it. */
  *call<Input, Output>(
    step: Step<Input, Output>,
    input: Input,
    retries: Retries = {},
  ): Durably<Output> {
    const onRetry = () => {
      if (this.#running === undefined) return;
      const at = timestamp(this.context);
      this.pipeline = retryStep(this.pipeline, this.#running, this.#place, at);
    };
    return yield* call(this.context, step, input, { ...retries, onRetry });
  }

  /** Ledger first, then the document; before a create call with state `intended`. */
  *note(kind: Resource["kind"], name: string, state: ResourceState): Durably<void> {
    const resource = { kind, name, state };
    this.pipeline = withResource(this.pipeline, resource, timestamp(this.context));
    const { id } = this.pipeline;
    yield* call(this.context, recordResource, { id, resource, deadline: this.#overdueAt() });
  }

  absorb(pipelines: readonly Pipeline[]): void {
    for (const pipeline of pipelines) this.pipeline = mergePipelines(this.pipeline, pipeline);
  }

  /** A branch's value; its error becomes this orchestration's own. */
  require<Value>({ value, error }: BranchOutcome<Value>): Value {
    if (value !== null) return value;
    const { code, message, ...where } = error ?? SILENT.body;
    throw new PipelineError(code, message, { where });
  }

  /** A record that cannot be written holds nothing up, least of all a removal: the next one has it all. */
  *save(): Durably<void> {
    try {
      yield* this.#record();
    } catch (error) {
      this.context.warn(`The record was not written: ${errorBody(error).message}`);
    }
  }

  /** For the last record, after which nobody writes again: tries for as long as an outage may last. */
  *saveAtLast(): Durably<void> {
    for (let attempt = 1; attempt < LAST_RECORD_TRIES; attempt += 1) {
      try {
        return yield* this.#record();
      } catch (error) {
        this.context.warn(`The last record was not written yet: ${errorBody(error).message}`);
        yield* pause(this.context, LAST_RECORD_WAIT_MS);
      }
    }
    yield* this.#record();
  }

  /** Plays a branch to its outcome: a throw becomes an error that its parent can read. */
  *outcome<Value>(work: () => Durably<Value>): Durably<BranchOutcome<Value>> {
    try {
      const value = yield* work();
      yield* this.save();
      return { pipeline: this.pipeline, value, error: null };
    } catch (error) {
      const body = errorBody(error);
      yield* this.save();
      return { pipeline: this.pipeline, value: null, error: body };
    }
  }

  *#record(): Durably<void> {
    const record = { pipeline: this.pipeline };
    yield* call(this.context, recordPipeline, record, { patienceMs: RECORD_PATIENCE_MS });
  }

  #begin(name: StepName): void {
    const at = timestamp(this.context);
    const { number, of } = this.round ?? { number: 1, of: 1 };
    if (number === 1) this.pipeline = beginStep(this.pipeline, name, this.#place, at);
    if (of === 1) return;
    this.pipeline = noteStep(this.pipeline, name, this.#place, at, `repeat ${number} of ${of}`);
  }

  #end(name: StepName, end: { status: "succeeded" | "failed"; note?: string }): void {
    this.pipeline = endStep(this.pipeline, name, this.#place, timestamp(this.context), end);
  }

  #overdueAt(): string {
    const { environment, runTimeoutMs, gate } = this.#accepted.policy;
    const longestMs = environment.timeoutMs + 2 * gate.repeats * runTimeoutMs + LEDGER_SLACK_MS;
    const start = Math.max(now(this.context), Date.parse(this.pipeline.createdAt));
    return new Date(start + longestMs).toISOString();
  }
}
