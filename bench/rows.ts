import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connectStorage } from "#azure/storage/connect.ts";
import { createResults } from "#azure/storage/results.ts";
import { createRows } from "#azure/storage/rows.ts";
import type { Row } from "#domain/pipeline.ts";
import { startAzurite } from "#emulators/azurite/start-azurite.ts";
import { type BuiltApp, startBuiltApp } from "#kit/built-app.ts";
import { aPipeline } from "#kit/pipelines.ts";
import type { Figure } from "./measures.ts";

const PROBE = join(import.meta.dirname, "memory-probe.ts");
const SIZES = [100_000, 1_000_000];
const MIB = 1024 * 1024;
const REST_MS = 1_000;
const PAUSE_MS = 5_000;
const GROWTH_MIB = 64;
const LINE_FEED = 0x0a;

/** Flowgate's built app in a host of its own, and what it takes to send all rows of a pipeline as lines. */
export async function measureRows(): Promise<readonly Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), "bench-rows-"));
  try {
    await using azurite = await startAzurite({ data: join(folder, "azurite") });
    for (const size of SIZES) await writeRows(azurite.connectionString, size);
    const figures: Figure[] = [];
    for (const size of SIZES) {
      await using app = await startBuiltApp(azurite.connectionString, ["--import", PROBE]);
      // The first answer pays for what every later one finds ready.
      await read(app.url, SIZES[0] ?? 0, "?outcome=missing");
      figures.push(...(await measure(app, size, "rows", "")));
      figures.push(...(await measure(app, size, "correct rows", "?outcome=correct")));
      figures.push(await measurePause(app, size));
    }
    return figures;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(
  app: BuiltApp,
  size: number,
  what: string,
  query: string,
): Promise<readonly Figure[]> {
  await sleep(REST_MS);
  const rest = await memoryOf(app, "memory from now on");
  const { seconds, firstMs } = await read(app.url, size, query);
  const { peak } = await memoryOf(app, "memory");
  const name = `${size.toLocaleString("en")} ${what}`;
  return [
    { name: `${name} sent`, value: size / seconds, unit: "per s" },
    { name: `${name}: first line`, value: firstMs, unit: "ms" },
    {
      name: `${name}: memory above rest`,
      value: (peak - rest.now) / MIB,
      unit: "MiB",
      target: GROWTH_MIB,
    },
  ];
}

/** What is held for a caller who stops reading for a while. */
async function measurePause(app: BuiltApp, size: number): Promise<Figure> {
  await sleep(REST_MS);
  const rest = await memoryOf(app, "memory from now on");
  await read(app.url, size, "", PAUSE_MS);
  const { peak } = await memoryOf(app, "memory");
  const name = `${size.toLocaleString("en")} rows with a pause: memory above rest`;
  return { name, value: (peak - rest.now) / MIB, unit: "MiB", target: GROWTH_MIB };
}

async function read(url: string, size: number, query: string, pauseMs = 0) {
  const began = performance.now();
  const path = `/api/pipelines/${idOf(size)}/rows${query}`;
  const response = await fetch(`${url}${path}`, { headers: { accept: "application/jsonl" } });
  if (response.status !== 200) throw new Error(`${path} is a ${response.status}.`);
  let firstMs = 0;
  let rows = 0;
  for await (const chunk of response.body ?? []) {
    if (firstMs === 0) {
      firstMs = performance.now() - began;
      await sleep(pauseMs);
    }
    for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, at + 1))
      rows += 1;
  }
  const expected = query.includes("missing") ? 0 : size;
  if (rows !== expected) throw new Error(`${path} has ${rows} rows, not ${expected}.`);
  return { seconds: (performance.now() - began) / 1000, firstMs };
}

async function writeRows(connectionString: string, size: number): Promise<void> {
  const storage = connectStorage({ connectionString }, { getToken: () => Promise.resolve(null) });
  const rows = createRows(storage);
  await createResults(storage).mergePipeline(aPipeline({ id: idOf(size), app: "bench" }));
  await rows.writePart(idOf(size), 0, 0, rowsOf(size));
  await rows.publish(idOf(size), 1, 1);
}

/** About 200 bytes each. */
async function* rowsOf(size: number): AsyncGenerator<readonly Row[]> {
  const inputs = { url: "https://example.org/films/one-of-many", expected: "Movie" };
  const outputs = { category: "Movie", evidence: "URL" };
  for (let line = 0; line < size; line += 1) {
    yield [{ line, outcome: "correct", inputs, outputs, grade: "Correct", error: null }];
  }
}

function idOf(size: number): string {
  return `bench-${String(size).padStart(12, "0")}`;
}

interface Memory {
  readonly now: number;
  readonly peak: number;
}

/** Of the whole host, app included. */
async function memoryOf(app: BuiltApp, question: "memory" | "memory from now on"): Promise<Memory> {
  app.process.send(question);
  const [{ memory }] = (await once(app.process, "message")) as [{ memory: Memory }];
  return memory;
}
