import { RetryOptions } from "durable-functions";
import { openBackend, type TestBackend } from "./backend.ts";
import type { Orchestrator } from "./sdk-worker.ts";

export interface FuzzOutcome {
  readonly turns: number;
  /** Where the backend's next number is not the SDK's, or a program did not end. */
  readonly mismatches: readonly string[];
}

const MOST_STEPS = 200;
const STEP_MS = 4;

/** Runs random programs side by side, and compares numbers with the SDK's own after every step of the clock. */
export async function fuzzTaskIds(firstSeed: number, count: number): Promise<FuzzOutcome> {
  const sdkNumbers = new Map<string, number>();
  const mismatches = new Set<string>();
  let turns = 0;
  const seeds = Array.from({ length: count }, (_, n) => firstSeed + n);
  const ids = seeds.map((seed) => `program${seed}`);
  await using backend = openBackend({
    orchestrators: {
      ...Object.fromEntries(seeds.map((seed) => [`program${seed}`, randomProgram(seed)])),
      *child(context) {
        const { ms } = context.df.getInput() as { ms: number };
        return yield context.df.callActivity("work", { ms, fails: false });
      },
    },
    activities: {
      async work(input) {
        const { ms, fails } = input as { ms: number; fails: boolean };
        await backend.clock.until(backend.clock.now() + ms);
        if (fails) throw new Error("boom");
        return ms;
      },
    },
    afterTurn(id, { taskOrchestratorExecutor }) {
      turns += 1;
      const { sequenceNumber, orchestratorReturned } = taskOrchestratorExecutor;
      // Once the code has returned the SDK looks at nothing more, while retries still go on.
      if (orchestratorReturned) sdkNumbers.delete(id);
      else sdkNumbers.set(id, sequenceNumber);
    },
    settings: { maxConcurrentActivities: 100_000 },
  });
  for (const id of ids) backend.operations.start({ name: id, id, input: null });
  await backend.settle();
  for (let step = 0; step < MOST_STEPS; step += 1) {
    await backend.advance(STEP_MS);
    for (const id of ids) {
      const expected = sdkNumbers.get(id);
      const { nextTaskId } = backend.instance(id);
      if (expected !== undefined && nextTaskId !== expected)
        mismatches.add(`${id}: the backend's next number is ${nextTaskId}, the SDK's ${expected}`);
    }
    if (ids.every((id) => backend.instance(id).status !== "Running")) break;
  }
  for (const problem of unfinished(backend, ids)) mismatches.add(problem);
  return { turns, mismatches: [...mismatches] };
}

function unfinished(backend: TestBackend, ids: readonly string[]): readonly string[] {
  return ids
    .map((id) => backend.instance(id))
    .filter(({ output }) => output !== '"done"')
    .map(({ id, status, output }) => `${id} is ${status} with ${output}`);
}

/** A small generator of numbers, so that a failing program can be run again. */
function dice(seed: number) {
  let state = seed;
  return (sides: number) => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

/** A random program of activities, retries, timers, children and compounds; the same on every replay. */
function randomProgram(seed: number): Orchestrator {
  return function* program(context) {
    const roll = dice(seed);
    const { df } = context;
    const kinds = [
      () => df.callActivity("work", { ms: roll(40), fails: false }),
      () =>
        df.callActivityWithRetry("work", new RetryOptions(5, 1 + roll(3)), {
          ms: roll(30),
          fails: roll(2) === 0,
        }),
      () => df.createTimer(new Date(df.currentUtcDateTime.getTime() + roll(40))),
      () => df.callSubOrchestrator("child", { ms: roll(30) }),
    ];
    const atom = () => pick(kinds, roll(kinds.length))();
    let kept: ReturnType<typeof atom> | undefined;
    const race = (atoms: readonly ReturnType<typeof atom>[]) => {
      // A task that may be unfinished is awaited again in the next race.
      const again = [kept].filter((task) => task !== undefined).filter(isOpen);
      kept = atoms[0];
      return df.Task.any([...atoms, ...again]);
    };
    const compound = (atoms: readonly ReturnType<typeof atom>[]) => {
      const [only] = atoms;
      if (only && atoms.length === 1) return only;
      return roll(2) === 0 ? df.Task.all([...atoms]) : race(atoms);
    };
    for (let step = 0; step < 5; step += 1) {
      const atoms = Array.from({ length: 1 + roll(4) }, atom);
      try {
        yield compound(atoms);
      } catch {
        // A failed step is part of the program.
      }
    }
    return "done";
  };
}

function isOpen(task: { readonly isCompleted: boolean; readonly isFaulted: boolean }): boolean {
  return !task.isCompleted && !task.isFaulted;
}

function pick<Kind>(kinds: readonly Kind[], n: number): Kind {
  const kind = kinds[n];
  if (kind === undefined) throw new Error(`No kind ${n}`);
  return kind;
}
