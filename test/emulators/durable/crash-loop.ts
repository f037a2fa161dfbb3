import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import { expectedEntities, expectedOutput, expectedRuns } from "./crash-programs.ts";

const NEW_EACH_LIFE = 3;
const LONGEST_LIFE_MS = 250;
const LAST_LIFE_MS = 300_000;
const BUSY_MS = 5_000;

const { values } = parseArgs({ options: { kills: { type: "string", default: "120" } } });
const kills = Number(values.kills);
const folder = mkdtempSync(join(tmpdir(), "durable-crash-"));
try {
  for (let kill = 1; kill <= kills; kill += 1) await liveAndDie(kill);
  const count = kills * NEW_EACH_LIFE;
  await liveToTheEnd(count);
  report(count, findProblems(count));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** One process with a few more instances than the one before, killed at another moment each time. */
async function liveAndDie(kill: number): Promise<void> {
  const child = startPart(kill * NEW_EACH_LIFE);
  const gone = once(child, "exit");
  // Some die while they take up what the one before has left.
  if (kill % 5 === 0) await setTimeout((kill * 37) % 400);
  else {
    await once(child, "message");
    await setTimeout((kill * 53) % LONGEST_LIFE_MS);
  }
  child.kill("SIGKILL");
  const [, signal] = (await gone) as [number | null, string | null];
  if (signal !== "SIGKILL") throw new Error(`Life ${kill} ended by itself.`);
}

async function liveToTheEnd(count: number): Promise<void> {
  const child = startPart(count);
  const signal = AbortSignal.timeout(LAST_LIFE_MS);
  await once(child, "message", { signal });
  await once(child, "message", { signal });
  await untilEntitiesRest(signal);
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}

/** Entities answer before they have put their own house in order: the last releases may still be queued. */
async function untilEntitiesRest(signal: AbortSignal): Promise<void> {
  const file = join(folder, "durable.sqlite");
  using database = new DatabaseSync(file, { readOnly: true, timeout: BUSY_MS });
  while (countRows(database, "entity_requests") > 0 && !signal.aborted) await setTimeout(10);
}

function countRows(database: DatabaseSync, table: string): number {
  return Number(database.prepare(`SELECT count(*) AS rows FROM ${table}`).get()?.rows);
}

function startPart(count: number) {
  return fork(join(import.meta.dirname, "crash-part.ts"), [folder, String(count)], {
    execArgv: [],
  });
}

function findProblems(count: number): readonly string[] {
  const problems: string[] = [];
  using database = new DatabaseSync(join(folder, "durable.sqlite"));
  for (const table of ["messages", "tasks", "activities", "entity_requests"]) {
    const rows = countRows(database, table);
    if (rows > 0) problems.push(`${rows} rows are left in ${table}`);
  }
  const open = database.prepare("SELECT id, status FROM instances WHERE status <> 'Completed'");
  for (const { id, status } of open.all()) problems.push(`${id} is ${status}`);
  problems.push(...findEntityProblems(database, count));
  const read = database.prepare("SELECT output FROM instances WHERE id = ?");
  const runs = new Set(readRuns());
  for (let n = 0; n < count; n += 1) {
    const output = read.get(`instance${n}`)?.output;
    if (output !== expectedOutput(n)) problems.push(`instance${n} ended with ${output}`);
    const missing = expectedRuns(n).filter((key) => !runs.has(key));
    if (missing.length > 0) problems.push(`never ran: ${missing.join(", ")}`);
  }
  return problems;
}

function findEntityProblems(database: DatabaseSync, count: number): readonly string[] {
  const problems: string[] = [];
  const entities = database.prepare("SELECT id, state, locked_by AS lockedBy FROM entities").all();
  const states = Object.fromEntries(entities.map(({ id, state }) => [id, Number(state)]));
  for (const [id, state] of Object.entries(expectedEntities(count))) {
    if (states[id] !== state) problems.push(`${id} has counted ${states[id]} instead of ${state}`);
  }
  for (const { id, lockedBy } of entities) {
    if (lockedBy !== null) problems.push(`${id} is still locked by ${lockedBy}`);
  }
  return problems;
}

function readRuns(): readonly string[] {
  return readFileSync(join(folder, "runs.log"), "utf8").trim().split("\n");
}

function report(count: number, problems: readonly string[]): void {
  for (const problem of problems) process.stdout.write(`${problem}\n`);
  const activities = count * expectedRuns(0).length;
  process.stdout.write(
    `${kills} kills, ${count} instances of three executions, ${activities} activities run ${readRuns().length} times, ${problems.length} problems.\n`,
  );
  process.exitCode = problems.length > 0 ? 1 : 0;
}
