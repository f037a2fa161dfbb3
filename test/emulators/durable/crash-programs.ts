import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type DurableLock, EntityId, RetryOptions } from "durable-functions";
import type { SdkWorkerOptions } from "./sdk-worker.ts";

const GENERATIONS = 3;
const WIDE = 5;
const FAILURES = 2;

interface Input {
  readonly n: number;
  readonly generation: number;
  readonly total: number;
}

/** What an instance has of one shared entity: calls, signals and critical sections must each count once. */
const SHARED = 20;

/** Everything that must survive, three times over: fan-out, timer, children, retries, entities, an event, continue-as-new. */
export function crashPrograms(folder: string): SdkWorkerOptions {
  return {
    orchestrators: {
      *everything(context) {
        const { df } = context;
        const { n, generation, total } = df.getInput() as Input;
        const key = `${n}.${generation}`;
        const work = (k: number) => df.callActivity("work", { key: `${key}.${k}`, value: k });
        const values = (yield df.Task.all(
          Array.from({ length: WIDE }, (_, k) => work(k)),
        )) as number[];
        yield df.createTimer(new Date(df.currentUtcDateTime.getTime() + 30));
        const children = [10, 20].map((k) =>
          df.callSubOrchestrator("child", { key: `${key}.${k}`, value: k }),
        );
        values.push(...((yield df.Task.all(children)) as number[]));
        const retry = new RetryOptions(5, FAILURES + 1);
        values.push(
          yield df.callActivityWithRetry("flaky", retry, { key: `${key}.flaky`, value: 100 }),
        );
        const own = new EntityId("Counter", `own${n}`);
        // The entity passes each signal on, so that both of them count it.
        df.signalEntity(own, "passOn", 1);
        values.push(yield df.callEntity(own, "add", 10));
        const shared = new EntityId("Counter", `shared${n % SHARED}`);
        const lock: DurableLock = yield df.lock(shared, own);
        const before: number = yield df.callEntity(shared, "add", 0);
        yield df.callActivity("work", { key: `${key}.locked`, value: 3 });
        // Nobody else has changed it in between.
        values.push((yield df.callEntity(shared, "add", 1)) - before);
        lock.release();
        df.setCustomStatus("waiting");
        values.push(yield df.waitForExternalEvent("go"));
        const sum = values.reduce((left, right) => left + right, total);
        if (generation === GENERATIONS) return { n, sum };
        df.continueAsNew({ n, generation: generation + 1, total: sum });
        return undefined;
      },
      *child(context) {
        return yield context.df.callActivity("work", context.df.getInput());
      },
    },
    entities: {
      counter({ df }) {
        const sum = Number(df.getState(() => 0)) + Number(df.getInput());
        df.setState(sum);
        df.return(sum);
        if (df.operationName === "passOn") {
          df.signalEntity(new EntityId("counter", "signals"), "add", df.getInput());
        }
      },
    },
    activities: {
      async work(input) {
        const { key, value } = input as { key: string; value: number };
        appendFileSync(join(folder, "runs.log"), `${key}\n`);
        await new Promise((resolve) => setTimeout(resolve, value % 7));
        return value;
      },
      flaky(input) {
        const { key, value } = input as { key: string; value: number };
        appendFileSync(join(folder, "runs.log"), `${key}\n`);
        for (let failure = 0; failure < FAILURES; failure += 1) {
          if (isFirst(join(folder, `${key}.failure${failure}`))) throw new Error("boom");
        }
        return value;
      },
    },
  };
}

export const EVENT_VALUE = 1000;

/** What instance `n` ends with. */
export function expectedOutput(n: number): string {
  const perGeneration = 0 + 1 + 2 + 3 + 4 + 10 + 20 + 100 + 1 + EVENT_VALUE;
  const own = 11 + 22 + 33;
  return JSON.stringify({ n, sum: perGeneration * GENERATIONS + own });
}

/** Every activity of instance `n`, as it is written down when it runs. */
export function expectedRuns(n: number): readonly string[] {
  const tasks = [
    ...Array.from({ length: WIDE }, (_, k) => String(k)),
    "10",
    "20",
    "flaky",
    "locked",
  ];
  return Array.from({ length: GENERATIONS }, (_, g) =>
    tasks.map((k) => `${n}.${g + 1}.${k}`),
  ).flat();
}

/** What the entities have counted in the end, by id. */
export function expectedEntities(count: number): Readonly<Record<string, number>> {
  const ids = Array.from({ length: count }, (_, n) => n);
  const own = ids.map((n) => [`@counter@own${n}`, 33]);
  const shared = Array.from({ length: SHARED }, (_, k) => {
    const users = ids.filter((n) => n % SHARED === k).length;
    return [`@counter@shared${k}`, users * GENERATIONS];
  });
  return Object.fromEntries([...own, ...shared, ["@counter@signals", count * GENERATIONS]]);
}

/** Survives the process, unlike a counter in it. */
function isFirst(file: string): boolean {
  try {
    writeFileSync(file, "", { flag: "wx" });
    return true;
  } catch {
    // It is there: that failure has happened.
    return false;
  }
}
