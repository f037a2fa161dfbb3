import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { RetryOptions } from "durable-functions";
import type { SdkWorkerOptions } from "./sdk-worker.ts";

const GENERATIONS = 3;
const WIDE = 5;
const FAILURES = 2;

interface Input {
  readonly n: number;
  readonly generation: number;
  readonly total: number;
}

/** Everything that must survive, three times over: fan-out, timer, children, retries, an event, continue-as-new. */
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
  const perGeneration = 0 + 1 + 2 + 3 + 4 + 10 + 20 + 100 + EVENT_VALUE;
  return JSON.stringify({ n, sum: perGeneration * GENERATIONS });
}

/** Every activity of instance `n`, as it is written down when it runs. */
export function expectedRuns(n: number): readonly string[] {
  const tasks = [...Array.from({ length: WIDE }, (_, k) => String(k)), "10", "20", "flaky"];
  return Array.from({ length: GENERATIONS }, (_, g) =>
    tasks.map((k) => `${n}.${g + 1}.${k}`),
  ).flat();
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
