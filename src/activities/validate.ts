import { createHash } from "node:crypto";
import type { App } from "#domain/bundle/bundle.ts";
import { badData } from "#domain/dataset/bad-data.ts";
import { datasetLines } from "#domain/dataset/dataset-lines.ts";
import { PipelineError } from "#domain/errors.ts";
import { requireLoadableFlows } from "#domain/loadable-flows.ts";
import { type ColumnWatch, wantedColumns, watchColumns } from "#domain/manifest/wanted-columns.ts";
import type { DataBlob } from "#domain/request.ts";
import { type Plan, validate } from "#domain/steps.ts";
import { implement } from "#durable/activity.ts";
import type { AppReader } from "./app-reader.ts";

export interface DatasetReader {
  /** Exactly the version that was seen; rejects with DATA_CHANGED. */
  open(blob: DataBlob): Promise<AsyncIterable<Uint8Array>>;
}

export interface SnapshotWriter {
  /** Keeps the lines, of which each text has many; answers the blob's name in container `results`. */
  writeSnapshot(id: string, dataset: number, lines: AsyncIterable<string>): Promise<string>;
}

interface Source {
  readonly name: string;
  open(): Promise<AsyncIterable<Uint8Array>>;
}

export function createValidate(apps: AppReader, data: DatasetReader, snapshots: SnapshotWriter) {
  return implement(validate, async ({ id, app, bundle, data: given }) => {
    const read = await apps.read(app, bundle);
    requireLoadableFlows(read);
    const sources =
      given === null ? bundled(read) : [{ name: given.blob, open: () => data.open(given) }];
    const datasets: Plan["datasets"] = [];
    const wanted = wantedColumns(read);
    for (const [index, source] of sources.entries()) {
      const columns = watchColumns(source.name, wanted);
      datasets.push(await keep(snapshots, id, index, source, columns));
    }
    const { variants } = read.manifest;
    return { variants: variants.length === 0 ? [null] : variants, datasets };
  });
}

function bundled({ manifest, baseRun, files }: App): Source[] {
  const own = baseRun.data === null ? [] : [baseRun.data];
  const names = manifest.datasets.length > 0 ? manifest.datasets : own;
  if (names.length === 0) {
    throw new PipelineError("DATA_INVALID", "There is no dataset: run YAML and request name none.");
  }
  return names.map((name) => ({ name, open: async () => once(files.get(name)) }));
}

async function* once(content: Uint8Array | undefined): AsyncGenerator<Uint8Array> {
  if (content !== undefined) yield content;
}

/** One pass over the dataset: hashed as it is, checked line by line, written as JSON Lines. */
async function keep(
  snapshots: SnapshotWriter,
  id: string,
  index: number,
  source: Source,
  columns: ColumnWatch,
) {
  const { name } = source;
  const hash = createHash("sha256");
  const chunks = await source.open();
  let rows = 0;

  async function* hashed(): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      hash.update(chunk);
      yield chunk;
    }
  }
  async function* lines(): AsyncGenerator<string> {
    for await (const some of datasetLines(name, hashed(), columns.see)) {
      rows += some.length;
      yield some.map((line) => `${line}\n`).join("");
    }
    if (rows === 0) throw badData(name, null, "has no rows");
    columns.end();
  }
  const blob = await snapshots.writeSnapshot(id, index, lines());
  return { name, rows, digest: `sha256:${hash.digest("hex")}`, blob };
}
