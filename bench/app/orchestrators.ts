import type { OrchestrationContext, Task } from "durable-functions";

type Code = Generator<Task, unknown, never>;

/** Activities that a history is filled with come in groups of this many. */
const GROUP = 100;
/** Turns that are timed once the history is filled. */
const TIMED_TURNS = 20;

function repeat(count: number, context: OrchestrationContext) {
  return Array.from({ length: count }, (_, n) => context.df.callActivity("echo", { n }));
}

export function* sequence(context: OrchestrationContext): Code {
  const { length } = context.df.getInput() as { length: number };
  for (let n = 0; n < length; n += 1) yield context.df.callActivity("echo", { n });
  return { length };
}

export function* fanOut(context: OrchestrationContext): Code {
  const { length } = context.df.getInput() as { length: number };
  const results: readonly unknown[] = yield context.df.Task.all(repeat(length, context));
  return { length: results.length };
}

/** Fills its history with `length` activities, then takes turns one after another; returns the milliseconds of one. */
export function* longHistory(context: OrchestrationContext): Code {
  const { length } = context.df.getInput() as { length: number };
  for (let done = 0; done < length; done += GROUP) {
    yield context.df.Task.all(repeat(Math.min(GROUP, length - done), context));
  }
  const stamps: number[] = [];
  for (let n = 0; n <= TIMED_TURNS; n += 1) {
    const { ms }: { ms: number } = yield context.df.callActivity("stamp", {});
    stamps.push(ms);
  }
  return { turnMs: (Math.max(...stamps) - Math.min(...stamps)) / TIMED_TURNS };
}
