import { Row } from "#domain/pipeline.ts";
import { blocksOf, inBlocks, uploadLines } from "./blob-text.ts";
import { guard, ifThere, type Storage } from "./connect.ts";
import { guarded, openVersion } from "./download.ts";

const CONTAINER = "results";

export interface RunRows {
  readonly blob: string;
  readonly pages: AsyncGenerator<readonly Row[]>;
}

/** Blobs of rows in container `results`: one part per run and round while a pipeline works, `rows.jsonl` when all are there. */
export function createRowFiles(storage: Storage) {
  async function blob(name: string) {
    return (await storage.container(CONTAINER)).getBlockBlobClient(name);
  }

  /** All of one version as it arrives; null where it is not there. */
  async function content(name: string): Promise<AsyncGenerator<Uint8Array> | null> {
    const file = await blob(name);
    const chunks = await ifThere(`read ${name}`, () => openVersion(file));
    return chunks && guarded(`read ${name}`, chunks);
  }

  async function pagesOf(name: string): Promise<AsyncGenerator<readonly Row[]> | null> {
    const chunks = await content(name);
    return chunks && pagesIn(chunks);
  }

  async function upload(name: string, lines: AsyncIterable<Uint8Array | string>): Promise<void> {
    const file = await blob(name);
    await guard(`write ${name}`, () => uploadLines(file, lines));
  }

  /** A part as the last of its rounds left it; null for a run that never gave rows. */
  async function lastOf(id: string, part: number, rounds: number) {
    for (let round = rounds - 1; round >= 0; round -= 1) {
      const blob = partName(id, part, round);
      const chunks = await content(blob);
      if (chunks !== null) return { blob, chunks };
    }
    return null;
  }

  async function* lastParts(id: string, parts: number, rounds: number): AsyncGenerator<Uint8Array> {
    for (let part = 0; part < parts; part += 1) {
      const last = await lastOf(id, part, rounds);
      if (last !== null) yield* last.chunks;
    }
  }

  return {
    blob,

    /** The rows of one run after one of its rounds; written again as a whole when the step repeats. */
    async writePart(
      id: string,
      part: number,
      round: number,
      pages: AsyncIterable<readonly Row[]>,
    ): Promise<void> {
      await upload(partName(id, part, round), inBlocks(textsOf(pages)));
    },

    /** The rows of one run as they were after a round; null where they are not there. */
    readPart: (id: string, part: number, round: number) => pagesOf(partName(id, part, round)),

    /** The rows of one run as the last of at most `rounds` left them, and the blob that holds them; null where they are not there. */
    async readLast(id: string, part: number, rounds: number): Promise<RunRows | null> {
      const last = await lastOf(id, part, rounds);
      return last && { blob: last.blob, pages: pagesIn(last.chunks) };
    },

    /** All parts one after the other as `rows.jsonl`, of each the last of at most `rounds`. */
    async publish(id: string, parts: number, rounds: number): Promise<void> {
      await upload(rowsName(id), lastParts(id, parts, rounds));
    },

    /** Whether the pipeline has published rows that are still there. */
    async arePublished(id: string): Promise<boolean> {
      const file = await blob(rowsName(id));
      return guard(`find ${rowsName(id)}`, () => file.exists());
    },

    /** All published rows in their order; null where there are none. */
    read: (id: string) => pagesOf(rowsName(id)),
  };
}

async function* textsOf(pages: AsyncIterable<readonly Row[]>): AsyncGenerator<string> {
  for await (const rows of pages) yield rows.map((row) => `${JSON.stringify(row)}\n`).join("");
}

/** As many at a time as arrive. */
async function* pagesIn(stream: AsyncIterable<Uint8Array>): AsyncGenerator<readonly Row[]> {
  for await (const block of blocksOf(stream)) {
    const lines = block.toString("utf8").split("\n").filter(Boolean);
    yield lines.map((line) => Row.parse(JSON.parse(line)));
  }
}

function partName(id: string, part: number, round: number): string {
  const name = `${id}/rows-${part}`;
  return round === 0 ? `${name}.jsonl` : `${name}-repeat-${round + 1}.jsonl`;
}

export function rowsName(id: string): string {
  return `${id}/rows.jsonl`;
}
