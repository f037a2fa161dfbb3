import {
  type DurableLock,
  EntityId,
  type OrchestrationContext,
  RetryOptions,
} from "durable-functions";
import type { HttpOutcome } from "#emulators/durable/http-activity.ts";
import type { HttpRequest } from "#emulators/durable/http-request.ts";
import type { Clock } from "#emulators/kit/clock.ts";
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
    entities: {
      async slow({ df }) {
        const ms = Number(df.getInput());
        await backend.clock.until(backend.clock.now() + ms);
        if (df.operationName === "fail") throw new Error("boom");
        df.setState(ms);
        df.return(ms);
      },
    },
    sendHttp: answerRequest,
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
    settings: { maxConcurrentActivities: 100_000, httpPollDelayMs: 6 },
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

/** A service that is told by the URL how long it takes, how often it says 202, and how it ends. */
async function answerRequest(input: string | null, clock: Clock): Promise<HttpOutcome> {
  const { uri } = JSON.parse(input ?? "") as HttpRequest;
  const url = new URL(uri);
  const polls = Number(url.searchParams.get("polls"));
  await clock.until(clock.now() + Number(url.searchParams.get("ms")));
  if (polls === 0 && url.searchParams.has("fails")) {
    return { Reason: "boom", Details: "", FailureDetails: null };
  }
  url.searchParams.set("polls", String(polls - 1));
  // Every other wait is the default one.
  const wait = polls % 2 === 0 ? {} : { "Retry-After": "0" };
  const headers = polls > 0 ? { Location: url.href, ...wait } : {};
  const statusCode = polls > 0 ? 202 : 200;
  return { Result: JSON.stringify({ statusCode, headers, content: "" }) };
}

/** A small generator of numbers, so that a failing program can be run again. */
function dice(seed: number) {
  let state = seed;
  return (sides: number) => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

/** Entities are shared by a few programs, so that these wait for one another. */
function entitiesOf(seed: number): readonly [EntityId, EntityId] {
  const key = seed % 100;
  return [new EntityId("Slow", `x${key}`), new EntityId("slow", `y${key}`)];
}

/** A random task of any kind. */
function randomTask(context: OrchestrationContext, seed: number, roll: (sides: number) => number) {
  const { df } = context;
  const entity = () => pick(entitiesOf(seed), roll(2));
  const kinds = [
    () => df.callActivity("work", { ms: roll(40), fails: false }),
    () =>
      df.callActivityWithRetry("work", new RetryOptions(5, 1 + roll(3)), {
        ms: roll(30),
        fails: roll(2) === 0,
      }),
    () => df.createTimer(new Date(df.currentUtcDateTime.getTime() + roll(40))),
    () => df.callSubOrchestrator("child", { ms: roll(30) }),
    () => df.callEntity(entity(), roll(3) === 0 ? "fail" : "wait", roll(10)),
    () => {
      df.signalEntity(entity(), "wait", roll(10));
      return df.callActivity("work", { ms: roll(20), fails: false });
    },
    () => {
      const fails = roll(4) === 0 ? "&fails" : "";
      const url = `http://service/?ms=${roll(15)}&polls=${roll(4)}${fails}`;
      return df.callHttp({ method: "POST", url, enablePolling: roll(4) > 0 });
    },
  ];
  return pick(kinds, roll(kinds.length))();
}

/** Locks one or both entities, uses them, and gives them back or leaves that to the end. */
function* criticalSection(
  { df }: OrchestrationContext,
  seed: number,
  roll: (sides: number) => number,
): Generator<unknown, void, DurableLock> {
  const locked = entitiesOf(seed).slice(roll(2));
  const lock = yield df.lock([...locked, ...locked]);
  const calls = locked.map((entity) => df.callEntity(entity, "wait", roll(10)));
  yield roll(2) === 0 ? df.Task.all(calls) : df.Task.any(calls);
  yield df.callActivity("work", { ms: roll(10), fails: roll(3) === 0 });
  if (roll(4) > 0) lock.release();
}

/** A random program of all that takes numbers, alone, in compounds and in critical sections; the same on every replay. */
function randomProgram(seed: number): Orchestrator {
  return function* program(context) {
    const roll = dice(seed);
    const { df } = context;
    const atom = () => randomTask(context, seed, roll);
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
      try {
        if (roll(5) === 0) yield* criticalSection(context, seed, roll);
        const atoms = Array.from({ length: 1 + roll(4) }, atom);
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
