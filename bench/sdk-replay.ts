import { createRequire } from "node:module";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { OrchestrationContext, Task } from "durable-functions";
import { median } from "./median.ts";

type Code = (context: OrchestrationContext) => Generator<Task, unknown, never>;

const { Orchestrator } = createRequire(import.meta.url)(
  "durable-functions/lib/src/orchestrations/Orchestrator",
) as {
  Orchestrator: new (
    code: Code,
  ) => { listen(): (trigger: unknown, context: object) => Promise<unknown> };
};

const LONG = "36500.00:00:00";
const REPLAYS = 21;

export interface SdkReplay {
  readonly events: number;
  /** Of one replay, the parsing of the history included. */
  readonly ms: number;
}

/**
 * Replays the stored history of an instance with nothing but the SDK. The host that wrote it has stopped.
 * `code` must be what the instance ran.
 */
export async function replayStored(data: string, id: string, code: Code): Promise<SdkReplay> {
  const { history, input } = readStored(data, id);
  const payload = JSON.stringify({
    history,
    input: JSON.parse(input) as unknown,
    instanceId: id,
    isReplaying: true,
    parentInstanceId: null,
    upperSchemaVersion: 1,
    upperSchemaVersionNew: 3,
    longRunningTimerIntervalDuration: LONG,
    maximumShortTimerDuration: LONG,
    defaultHttpAsyncRequestSleepTimeMillseconds: 30_000,
  });
  const listen = new Orchestrator(code).listen();
  const times: number[] = [];
  for (let n = 0; n < REPLAYS; n += 1) {
    const began = performance.now();
    await listen(JSON.parse(payload), {});
    times.push(performance.now() - began);
  }
  return { events: history.length, ms: median(times) };
}

function readStored(data: string, id: string) {
  using database = new DatabaseSync(join(data, "functions-host", "durable.sqlite"), {
    readOnly: true,
  });
  const rows = database
    .prepare("SELECT event FROM history WHERE instance_id = ? ORDER BY n")
    .all(id) as { event: string }[];
  const { input } = database.prepare("SELECT input FROM instances WHERE id = ?").get(id) as {
    input: string;
  };
  return { history: rows.map(({ event }) => JSON.parse(event) as unknown), input };
}
