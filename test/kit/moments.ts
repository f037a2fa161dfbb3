import { setTimeout as sleep } from "node:timers/promises";
import type { Pipeline, PipelineStep, StepName } from "#domain/pipeline.ts";
import type { StackFile } from "#emulators/stack/layout.ts";
import { durableHistory } from "./durable-history.ts";
import { flowgateAt } from "./flowgate.ts";

const WATCH_MS = 4;
const PATIENCE_MS = 90_000;

/** How far a pipeline is from a moment of it. */
type Distance = "before" | "during" | "after";

/** A stretch of a pipeline that can be met again in another one of its kind. */
export interface Moment {
  readonly name: string;
  distance(file: StackFile, id: string): Promise<Distance>;
}

/** Watches the pipeline until it is there, or past it; answers which. */
export async function meet(moment: Moment, file: StackFile, id: string): Promise<Distance> {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await sleep(WATCH_MS)) {
    const distance = await moment.distance(file, id);
    if (distance !== "before") return distance;
  }
  throw new Error(`${id} did not come to ${moment.name}.`);
}

/** One of each step that the document of a good pipeline has. */
export function momentsOfSteps({ steps }: Pipeline): readonly Moment[] {
  const startOf = ({ startedAt }: PipelineStep) => Date.parse(startedAt ?? "");
  const inTime = steps.toSorted((one, other) => startOf(one) - startOf(other));
  return inTime.map(({ name }) => momentOfStep(name));
}

export function momentOfStep(name: StepName): Moment {
  return {
    name: `step ${name}`,
    async distance(file, id) {
      const { status, body: now } = await flowgateAt(file.functions).read(id);
      if (status !== 200) return "before";
      const step = now.steps.find((one) => one.name === name);
      if (step === undefined || step.status === "pending") {
        return now.status === "running" ? "before" : "after";
      }
      return step.status === "running" ? "during" : "after";
    },
  };
}

interface HistoryEvent {
  readonly EventType: string;
  readonly Name?: string;
  readonly FunctionName?: string;
}

/** One of each activity call that the durable history of a good pipeline has, branch by branch. */
export async function momentsOfCalls(file: StackFile, id: string): Promise<readonly Moment[]> {
  const moments: Moment[] = [];
  for (const [instance, text] of await durableHistory(file.functions, id)) {
    const branch = instance.slice(id.length);
    const seen = new Map<string, number>();
    for (const event of eventsOf(text)) {
      const name = activityOf(event);
      if (name === undefined) continue;
      const count = (seen.get(name) ?? 0) + 1;
      seen.set(name, count);
      moments.push(momentOfCall(branch, name, count));
    }
  }
  return moments;
}

function momentOfCall(branch: string, name: string, count: number): Moment {
  return {
    name: `call ${branch || "pipeline"} ${name} ${count}`,
    async distance(file, id) {
      const url = `${file.functions}/runtime/webhooks/durabletask/instances/${id}${branch}?showHistory=true`;
      const answer = await fetch(url);
      if (!answer.ok) return "before";
      const calls = eventsOf(await answer.text()).filter((event) => activityOf(event) === name);
      const call = calls[count - 1];
      if (call === undefined) return "before";
      return call.EventType === "TaskScheduled" ? "during" : "after";
    },
  };
}

function eventsOf(status: string): readonly HistoryEvent[] {
  return (JSON.parse(status) as { historyEvents?: HistoryEvent[] }).historyEvents ?? [];
}

function activityOf({ EventType, Name, FunctionName }: HistoryEvent): string | undefined {
  return EventType.startsWith("Task") ? (FunctionName ?? Name) : undefined;
}
