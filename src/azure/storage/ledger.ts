import { odata } from "@azure/data-tables";
import type { Resource, ResourceKind, ResourceState } from "#domain/pipeline.ts";
import { guard, type Storage } from "./connect.ts";

export const LEDGER_TABLE = "ledger";
/** Rows of locks live in the same table under these partitions, which are no pipeline's id. */
export const ENDPOINT_LOCKS = "endpoint";
export const MODEL_LOCKS = "model";

/** A resource that a pipeline intended, made or removed. */
export interface LedgerEntry {
  readonly pipeline: string;
  readonly resource: Resource;
  /** ISO 8601; past it the resource is overdue. */
  readonly deadline: string;
}

interface Row {
  readonly kind: ResourceKind;
  readonly name: string;
  readonly state: ResourceState;
  readonly deadline: string;
}

export function createLedger(storage: Storage) {
  async function list(filter: string, action: string): Promise<readonly LedgerEntry[]> {
    const client = await storage.table(LEDGER_TABLE);
    return guard(action, async () => {
      const entries: LedgerEntry[] = [];
      for await (const row of client.listEntities<Row>({ queryOptions: { filter } })) {
        const { partitionKey = "", kind, name, state, deadline } = row;
        entries.push({ pipeline: partitionKey, resource: { kind, name, state }, deadline });
      }
      return entries;
    });
  }

  return {
    /** One row per resource; the last record counts. */
    async record({ pipeline, resource, deadline }: LedgerEntry): Promise<void> {
      const client = await storage.table(LEDGER_TABLE);
      const { kind, name, state } = resource;
      const row = { partitionKey: pipeline, rowKey: rowKey(resource), kind, name, state, deadline };
      await guard(`record ${kind} ${name}`, () => client.upsertEntity(row, "Replace"));
    },

    list: (pipeline: string) =>
      list(odata`PartitionKey eq ${pipeline}`, `read ledger of ${pipeline}`),

    /** What should be gone by `now` (ISO 8601) and is not known to be. */
    overdue: (now: string) =>
      list(
        odata`PartitionKey ne ${ENDPOINT_LOCKS} and PartitionKey ne ${MODEL_LOCKS} and deadline lt ${now} and (state eq 'intended' or state eq 'created' or state eq 'leaked')`,
        "list overdue resources",
      ),
  };
}

/** Azure Tables allows no `/`, `\`, `#` or `?` in a key. */
function rowKey({ kind, name }: Resource): string {
  return `${kind}-${encodeURIComponent(name).replaceAll("%", "_")}`;
}
