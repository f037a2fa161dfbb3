import { odata, type TableClient } from "@azure/data-tables";
import { PipelineError } from "#domain/errors.ts";
import type { Pipeline, PipelineStatus } from "#domain/pipeline.ts";
import { AcceptedPipeline } from "#domain/request.ts";
import { guard, ifThere, type Storage, won } from "./connect.ts";

const TABLE = "pipelines";
const ROW = "row";
const INDEX = "index";
/** Milliseconds of the year 2286: newest first in a table that sorts upwards. */
const END_OF_TIME = 9_999_999_999_999;

interface Row {
  readonly app: string;
  readonly status: PipelineStatus;
  readonly accepted: string;
  readonly starting: boolean;
}

/** A pipeline's row: what was accepted, and whether Durable is known to have it. */
export interface PipelineRow {
  /** Null when the row was lost and written again from the pipeline's state. */
  readonly accepted: AcceptedPipeline | null;
  readonly status: PipelineStatus;
  readonly starting: boolean;
}

export interface PipelineFilter {
  readonly app?: string | undefined;
  /** Digest. */
  readonly bundle?: string | undefined;
  readonly status?: PipelineStatus | undefined;
}

export interface PipelinePage {
  readonly items: readonly { readonly id: string; readonly status: PipelineStatus }[];
  /** Where the next page begins; null on the last one. */
  readonly next: string | null;
}

export function createPipelines(storage: Storage) {
  const table = (): Promise<TableClient> => storage.table(TABLE);

  async function upsert(partitionKey: string, rowKey: string, change: object): Promise<void> {
    const client = await table();
    await guard(`write pipeline row ${rowKey}`, () =>
      client.upsertEntity({ partitionKey, rowKey, ...change }, "Merge"),
    );
  }

  return {
    /** Whether this one was first: the row's insert decides. It is marked `starting`. */
    async insert(accepted: AcceptedPipeline): Promise<boolean> {
      const { id, app } = accepted;
      const row: Row = {
        app,
        status: "running",
        accepted: JSON.stringify(accepted),
        starting: true,
      };
      const client = await table();
      const create = () => client.createEntity({ partitionKey: id, rowKey: ROW, ...row });
      return won(`insert pipeline ${id}`, create);
    },

    /** Puts it into the list, newest first; again changes nothing. */
    async index(accepted: AcceptedPipeline, status: PipelineStatus): Promise<void> {
      const { id, app, bundle, createdAt } = accepted;
      await upsert(INDEX, indexKey(id, createdAt), { id, app, bundle, status });
    },

    /** Durable has it. */
    async unmark(id: string): Promise<void> {
      await upsert(id, ROW, { starting: false });
    },

    async read(id: string): Promise<PipelineRow | null> {
      const client = await table();
      const row = await ifThere(`read pipeline ${id}`, () =>
        client.getEntity<Partial<Row>>(id, ROW),
      );
      if (row === null) return null;
      const { accepted, status = "running", starting = false } = row;
      return {
        accepted: accepted === undefined ? null : AcceptedPipeline.parse(JSON.parse(accepted)),
        status,
        starting,
      };
    },

    /** What the list filters by; written again from the pipeline's state, so that lost rows come back. */
    async update({ id, app, bundle, status, createdAt }: Pipeline): Promise<void> {
      await upsert(id, ROW, { app, status });
      await upsert(INDEX, indexKey(id, createdAt), { id, app, bundle, status });
    },

    /** Newest first; `after` is the `next` of the page before, REQUEST_INVALID if it is not. */
    async list(filter: PipelineFilter, top: number, after: string | null): Promise<PipelinePage> {
      const client = await table();
      return listPage(client, filter, top, after);
    },

    /** Ids whose start nobody has confirmed, for the sweep. */
    async starting(): Promise<readonly string[]> {
      const client = await table();
      return guard("list unconfirmed pipelines", async () => {
        const ids: string[] = [];
        const filter = odata`RowKey eq ${ROW} and starting eq true`;
        for await (const { partitionKey } of client.listEntities({ queryOptions: { filter } })) {
          if (partitionKey !== undefined) ids.push(partitionKey);
        }
        return ids;
      });
    },
  };
}

async function listPage(
  client: TableClient,
  { app, bundle, status }: PipelineFilter,
  top: number,
  after: string | null,
): Promise<PipelinePage> {
  const conditions = [
    odata`PartitionKey eq ${INDEX}`,
    ...(after === null ? [] : [odata`RowKey gt ${keyOf(after)}`]),
    ...(app === undefined ? [] : [odata`app eq ${app}`]),
    ...(bundle === undefined ? [] : [odata`bundle eq ${bundle}`]),
    ...(status === undefined ? [] : [odata`status eq ${status}`]),
  ];
  const rows = client.listEntities<{ id: string; status: PipelineStatus }>({
    queryOptions: { filter: conditions.join(" and ") },
  });
  const items: { id: string; status: PipelineStatus; key: string }[] = [];
  await guard("list pipelines", async () => {
    // One more than asked for tells whether there is a next page.
    for await (const { id, status: found, rowKey = "" } of rows) {
      items.push({ id, status: found, key: rowKey });
      if (items.length > top) break;
    }
  });
  const page = items.slice(0, top);
  return {
    items: page.map(({ id, status: found }) => ({ id, status: found })),
    next: items.length > top ? tokenOf(page.at(-1)?.key ?? "") : null,
  };
}

function indexKey(id: string, createdAt: string): string {
  return `${String(END_OF_TIME - Date.parse(createdAt)).padStart(13, "0")}-${id}`;
}

/** An index key, wrapped so that nobody builds one. */
function tokenOf(key: string): string {
  return Buffer.from(key).toString("base64url");
}

function keyOf(token: string): string {
  const key = Buffer.from(token, "base64url").toString("utf8");
  if (/^\d{13}-[a-z0-9-]{1,100}$/.test(key) && tokenOf(key) === token) return key;
  const problem = { path: "after", message: "has to be the next of an earlier page" };
  throw new PipelineError("REQUEST_INVALID", "after is not a page of the list.", {
    problems: [problem],
  });
}
