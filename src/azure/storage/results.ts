import type { BlockBlobClient } from "@azure/storage-blob";
import { withinLimits } from "#domain/document-limits.ts";
import { PipelineError } from "#domain/errors.ts";
import { mergePipelines } from "#domain/merge-pipelines.ts";
import { Pipeline } from "#domain/pipeline.ts";
import { readAll, uploadLines, uploadText } from "./blob-text.ts";
import { guard, ifThere, type Storage, won } from "./connect.ts";
import { guarded, openVersion } from "./download.ts";
import { createReports } from "./reports.ts";

const CONTAINER = "results";
/** Branches that write at once are few, and each try takes milliseconds. */
const MAX_TRIES = 20;

export function createResults(storage: Storage) {
  const reports = createReports(storage);

  async function blob(name: string): Promise<BlockBlobClient> {
    return (await storage.container(CONTAINER)).getBlockBlobClient(name);
  }

  async function readDocument(id: string): Promise<{ pipeline: Pipeline; etag: string } | null> {
    const file = await blob(documentName(id));
    return ifThere(`read pipeline ${id}`, async () => {
      const { etag = "", readableStreamBody } = await file.download();
      const text = (await readAll(readableStreamBody)).toString("utf8");
      return { pipeline: Pipeline.parse(JSON.parse(text)), etag };
    });
  }

  return {
    /** Null until the pipeline's first record was written. */
    async readPipeline(id: string): Promise<Pipeline | null> {
      return (await readDocument(id))?.pipeline ?? null;
    },

    /** Merges what one writer knows into the document and answers the whole; writers never undo each other. */
    async mergePipeline(incoming: Pipeline): Promise<Pipeline> {
      const file = await blob(documentName(incoming.id));
      for (let attempt = 1; attempt <= MAX_TRIES; attempt += 1) {
        const stored = await readDocument(incoming.id);
        const merged = mergePipelines(stored?.pipeline ?? null, incoming);
        const conditions = stored === null ? { ifNoneMatch: "*" } : { ifMatch: stored.etag };
        const kept = withinLimits(merged);
        // First, so that whoever sees the end finds the report.
        if (merged.status !== "running") await reports.complete(merged);
        const write = () => uploadText(file, JSON.stringify(kept), "application/json", conditions);
        if (await won(`write pipeline ${incoming.id}`, write)) return kept;
      }
      throw new PipelineError("AZURE_BUSY", `The document of ${incoming.id} keeps changing.`);
    },

    /** Keeps the dataset as it was read; answers the blob's name in container `results`. */
    async writeSnapshot(
      id: string,
      dataset: number,
      lines: AsyncIterable<string>,
    ): Promise<string> {
      const name = `${id}/data-${dataset}.jsonl`;
      const file = await blob(name);
      await guard(`write ${name}`, () => uploadLines(file, lines));
      return name;
    },

    /** A report or a log, as `{id}/{name}`; answers the blob's name. */
    async writeText(id: string, name: string, text: string): Promise<string> {
      const file = await blob(`${id}/${name}`);
      const type = name.endsWith(".json") ? "application/json" : "text/plain; charset=utf-8";
      await guard(`write ${id}/${name}`, () => uploadText(file, text, type));
      return `${id}/${name}`;
    },

    /** Content of a blob of container `results` as it arrives; null where it is not there. */
    async open(name: string): Promise<AsyncIterable<Uint8Array> | null> {
      const file = await blob(name);
      return ifThere(`read ${name}`, async () => guarded(`read ${name}`, await openVersion(file)));
    },
  };
}

function documentName(id: string): string {
  return `${id}/pipeline.json`;
}
