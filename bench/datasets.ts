import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { BlobServiceClient } from "@azure/storage-blob";
import { type Azurite, startAzurite } from "#emulators/azurite/start-azurite.ts";
import { bundle } from "./host.ts";
import type { Figure } from "./measures.ts";
import { type Part, startPart } from "./part.ts";

const WIRE_ROWS = 100_000;
const LARGE_ROWS = 1_000_000;
const PEAK_MIB = 250;
/** Only python nodes run here, so that nobody listens there. */
const NO_MODEL = "http://127.0.0.1:9";

interface Place {
  /** The bundled client. */
  readonly client: string;
  readonly azurite: Azurite;
  readonly azureMl: Part;
}

interface Told {
  readonly seconds: Readonly<Record<string, number>>;
  readonly rows: number;
  readonly outcome: string;
  readonly counts: { readonly expected: number; readonly missing: number };
}

/** A dataset's way through the client and the emulated Azure ML, and a larger one through the client alone. */
export async function measureDatasets(): Promise<readonly Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), "bench-datasets-"));
  try {
    const client = join(folder, "client.mjs");
    await bundle(join(import.meta.dirname, "parts/client.ts"), client);
    await using azurite = await startAzurite({ data: join(folder, "azurite") });
    const options = ["--storage", azurite.connectionString, "--model", NO_MODEL];
    await using azureMl = await startPart(
      "../emulators/azure-ml/main.ts",
      ["--data", join(folder, "azure-ml"), ...options],
      { serves: true },
    );
    const place = { client, azurite, azureMl };
    return [...(await measureWire(place)), ...(await measureLarge(place))];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Every row through python nodes of both runs, the datastore, childRuns and `rows.jsonl`. */
async function measureWire(place: Place): Promise<readonly Figure[]> {
  const { seconds, peak } = await evaluate(place, WIRE_ROWS);
  return [
    ...figuresOf("100,000 rows", seconds),
    { name: "100,000 rows: peak memory of the client", value: peak, unit: "MiB", target: PEAK_MIB },
    {
      name: "100,000 rows: peak memory of Azure ML",
      value: await place.azureMl.peak(),
      unit: "MiB",
      target: PEAK_MIB,
    },
  ];
}

/** The runs are literal ones: what is measured is the client. */
async function measureLarge(place: Place): Promise<readonly Figure[]> {
  await using childRuns = await startPart("parts/child-runs.ts", [String(LARGE_ROWS)], {
    serves: true,
  });
  const { seconds, peak } = await evaluate(place, LARGE_ROWS, childRuns.url);
  return [
    ...figuresOf("1,000,000 rows", seconds),
    {
      name: "1,000,000 rows: peak memory of the client",
      value: peak,
      unit: "MiB",
      target: PEAK_MIB,
    },
  ];
}

function figuresOf(what: string, seconds: Told["seconds"]): readonly Figure[] {
  return Object.entries(seconds).map(([step, value]) => ({
    name: `${what}: ${step}`,
    value,
    unit: "s",
  }));
}

async function evaluate({ client: file, azurite, azureMl }: Place, size: number, childRuns = "") {
  const blob = `bench/data-${size}.jsonl`;
  await writeDataset(azurite, blob, size);
  const args = [azurite.connectionString, azureMl.url, blob, childRuns];
  await using client = await startPart(file, args, { nodeArgs: await workerArguments() });
  const { seconds, rows, outcome, counts } = await client.told<Told>();
  if (rows !== size || counts.expected !== size || counts.missing > 0 || outcome !== "passed") {
    throw new Error(`${blob} ended as ${outcome}: ${JSON.stringify({ rows, ...counts })}.`);
  }
  return { seconds, peak: await client.peak() };
}

/** What the app's settings have Node started with, as everywhere that the app runs. */
async function workerArguments(): Promise<readonly string[]> {
  const sample = await readFile(join(import.meta.dirname, "../local.settings.sample.json"), "utf8");
  const { Values } = JSON.parse(sample) as { Values: Record<string, string> };
  return Values["languageWorkers__node__arguments"]?.split(" ") ?? [];
}

/** About 100 bytes each. */
async function* linesOf(size: number): AsyncGenerator<string> {
  for (let from = 0; from < size; from += 1_000) {
    const rows = Array.from({ length: Math.min(1_000, size - from) }, (_, place) => {
      const question = `question number ${from + place}`;
      return `${JSON.stringify({ question, expected: question.toUpperCase() })}\n`;
    });
    yield rows.join("");
  }
}

async function writeDataset({ connectionString }: Azurite, blob: string, size: number) {
  const container =
    BlobServiceClient.fromConnectionString(connectionString).getContainerClient("test-data");
  await container.createIfNotExists();
  const content = Readable.from(linesOf(size), { objectMode: false });
  await container.getBlockBlobClient(blob).uploadStream(content);
}
