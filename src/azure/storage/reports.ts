import type { BlockBlobClient } from "@azure/storage-blob";
import { PipelineError } from "#domain/errors.ts";
import type { Pipeline } from "#domain/pipeline.ts";
import { Report } from "#domain/report/report.ts";
import { readAll, uploadText } from "./blob-text.ts";
import { guard, ifThere, type Storage, won } from "./connect.ts";

const CONTAINER = "results";
/** Who writes a report at once is a step and its own repeat. */
const MAX_TRIES = 20;

/** File and content type of each form of a report. */
const FORMS = {
  json: ["report.json", "application/json"],
  markdown: ["report.md", "text/markdown; charset=utf-8"],
  junit: ["junit.xml", "application/xml"],
} as const;
export type ReportForm = keyof typeof FORMS;

/** What `report.json` holds: of a pipeline without a verdict, or whose report failed, the document alone. */
type Stored = Pipeline & Partial<Report>;

/** Reports of pipelines: at the verdict what it rests on, at the end the whole document with it. */
export function createReports(storage: Storage) {
  async function blob(id: string, form: ReportForm): Promise<BlockBlobClient> {
    return (await storage.container(CONTAINER)).getBlockBlobClient(`${id}/${FORMS[form][0]}`);
  }

  async function readStored(id: string): Promise<{ stored: Stored; etag: string } | null> {
    const file = await blob(id, "json");
    return ifThere(`read ${id}/report.json`, async () => {
      const { etag = "", readableStreamBody } = await file.download();
      const text = (await readAll(readableStreamBody)).toString("utf8");
      return { stored: JSON.parse(text) as Stored, etag };
    });
  }

  async function change(id: string, next: (stored: Stored | null) => Stored): Promise<void> {
    const file = await blob(id, "json");
    for (let attempt = 1; attempt <= MAX_TRIES; attempt += 1) {
      const found = await readStored(id);
      const conditions = found === null ? { ifNoneMatch: "*" } : { ifMatch: found.etag };
      const text = JSON.stringify(next(found?.stored ?? null));
      const write = () => uploadText(file, text, FORMS.json[1], conditions);
      if (await won(`write ${id}/report.json`, write)) return;
    }
    throw new PipelineError("AZURE_BUSY", `The report of ${id} keeps changing.`);
  }

  async function writeForm(id: string, form: ReportForm, text: string): Promise<void> {
    const file = await blob(id, form);
    await guard(`write ${id}/${FORMS[form][0]}`, () => uploadText(file, text, FORMS[form][1]));
  }

  return {
    /** All three forms, `report.json` last: whoever sees it finds the others. */
    async write(
      report: Report,
      { markdown, junit }: { readonly markdown: string; readonly junit: string },
    ): Promise<void> {
      await writeForm(report.id, "markdown", markdown);
      await writeForm(report.id, "junit", junit);
      // A step that repeats after the end leaves the end as it is.
      await change(report.id, (stored) => {
        const isOver = stored !== null && stored.status !== "running";
        return isOver ? { ...report, ...stored } : report;
      });
    },

    /** The document of a pipeline that is over, its lists whole. */
    async complete(pipeline: Pipeline): Promise<void> {
      await change(pipeline.id, (stored) => ({ ...stored, ...pipeline }));
    },

    /** Null where there is no report of a verdict. */
    async read(id: string): Promise<Report | null> {
      const stored = (await readStored(id))?.stored;
      return stored?.cells === undefined ? null : Report.parse(stored);
    },

    /** One form as it is stored; null where it is not there. */
    async readText(id: string, form: ReportForm): Promise<string | null> {
      const file = await blob(id, form);
      return ifThere(`read ${id}/${FORMS[form][0]}`, async () => {
        const { readableStreamBody } = await file.download();
        return (await readAll(readableStreamBody)).toString("utf8");
      });
    },
  };
}
