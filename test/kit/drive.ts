import type { Durably, Orchestration, OrchestrationContext } from "#durable/durably.ts";

/** What each activity answers, by step name; it may throw. */
export type Script = Readonly<Record<string, (input: never, attempt: number) => unknown>>;

interface FakeTask {
  readonly settle: () => unknown;
  isCompleted: boolean;
}

export interface Driven<Output> {
  readonly output: Output;
  /** Activities in the order of their calls, those of sub-orchestrations included. */
  readonly called: readonly string[];
  readonly inputs: readonly { readonly name: string; readonly input: unknown }[];
  /** Instance ids of sub-orchestrations. */
  readonly children: readonly string[];
  /** How far the durable timers turned the clock. */
  readonly elapsedMs: number;
}

const START = Date.parse("2026-01-01T00:00:00Z");

/**
 * Plays an orchestration and its sub-orchestrations to the end: activities answer from a script,
 * timers turn the clock, nothing waits. Sub-orchestrations run one after the other.
 */
export function drive<Input, Output>(
  orchestration: Orchestration<Input, Output>,
  input: Input,
  script: Script,
  known: readonly Orchestration<never, unknown>[] = [],
  /** How long an activity takes, by name, where it is not over at once. */
  lastsMs: Readonly<Record<string, number>> = {},
): Driven<Output> {
  const inputs: { name: string; input: unknown }[] = [];
  const children: string[] = [];
  const attempts = new Map<string, number>();
  let clock = START;

  function play(played: Orchestration<never, unknown>, playedInput: unknown): unknown {
    const run = played.run(contextOf(), playedInput as never);
    let turn = run.next();
    while (!turn.done) turn = advance(run, turn.value as unknown as FakeTask);
    // As on the wire: what JSON cannot carry is gone.
    return JSON.parse(JSON.stringify(turn.value));
  }

  function contextOf(): OrchestrationContext {
    const df = {
      get currentUtcDateTime() {
        return new Date(clock);
      },
      callActivity: (name: string, activityInput: unknown) =>
        task(() => answer(name, JSON.parse(JSON.stringify(activityInput)))),
      callSubOrchestrator: (name: string, childInput: unknown, id: string) =>
        task(() => {
          children.push(id);
          const child = known.find((other) => other.name === name);
          if (!child) throw new Error(`Nobody registered the orchestration ${name}.`);
          return play(child, JSON.parse(JSON.stringify(childInput)));
        }),
      createTimer: (at: Date) =>
        task(() => {
          clock = Math.max(clock, at.getTime());
        }),
      Task: { all: (tasks: FakeTask[]) => task(() => tasks.map(({ settle }) => settle())) },
    };
    const silent = () => {};
    return { df, warn: silent, error: silent, log: silent } as unknown as OrchestrationContext;
  }

  function answer(name: string, activityInput: unknown): unknown {
    inputs.push({ name, input: activityInput });
    clock += lastsMs[name] ?? 0;
    const attempt = (attempts.get(name) ?? 0) + 1;
    attempts.set(name, attempt);
    const line = script[name];
    if (!line) throw new Error(`The script says nothing about ${name}.`);
    return line(activityInput as never, attempt);
  }

  const output = play(orchestration as unknown as Orchestration<never, unknown>, input) as Output;
  return {
    output,
    called: inputs.map(({ name }) => name),
    inputs,
    children,
    elapsedMs: clock - START,
  };
}

function task(work: () => unknown): FakeTask {
  let result: { value: unknown } | { error: unknown } | undefined;
  const made: FakeTask = {
    isCompleted: false,
    settle() {
      if (result === undefined) {
        try {
          result = { value: work() };
        } catch (error) {
          result = { error };
        }
        made.isCompleted = true;
      }
      if ("error" in result) throw result.error;
      return result.value;
    },
  };
  return made;
}

function advance(run: Durably<unknown>, waiting: FakeTask) {
  let value: unknown;
  try {
    value = waiting.settle();
  } catch (error) {
    return run.throw(error);
  }
  return run.next(value);
}
