import type { TableClient } from "@azure/data-tables";
import { ifThere, type Storage, won } from "./connect.ts";
import { type ENDPOINT_LOCKS, LEDGER_TABLE, type MODEL_LOCKS } from "./ledger.ts";

/** Also when the row is gone by then. */
const LOST = [404, 409, 412];

interface Lock {
  readonly owner: string;
  /** ISO 8601; past it anybody may take the lock. */
  readonly deadline: string;
}

/** One pipeline at a time changes what is locked: an endpoint, or the versions of a model. */
export function createLocks(
  storage: Storage,
  partition: typeof ENDPOINT_LOCKS | typeof MODEL_LOCKS,
) {
  const table = (): Promise<TableClient> => storage.table(LEDGER_TABLE);

  async function read(name: string) {
    const client = await table();
    return ifThere(`read lock of ${name}`, () => client.getEntity<Lock>(partition, name));
  }

  return {
    /** Takes or keeps the lock until `deadline`; answers who holds it. `now` and `deadline` are ISO 8601. */
    async acquire(
      name: string,
      owner: string,
      deadline: string,
      now: string,
    ): Promise<{ acquired: boolean; holder: string }> {
      const client = await table();
      const row = { partitionKey: partition, rowKey: name, owner, deadline };
      const action = `lock ${partition} ${name}`;
      if (await won(action, () => client.createEntity(row)))
        return { acquired: true, holder: owner };

      const held = await read(name);
      if (held === null) return { acquired: false, holder: "" };
      if (held.owner !== owner && held.deadline >= now) {
        return { acquired: false, holder: held.owner };
      }
      const take = () => client.updateEntity(row, "Replace", { etag: held.etag });
      return (await won(action, take, LOST))
        ? { acquired: true, holder: owner }
        : { acquired: false, holder: held.owner };
    },

    /** Only what `owner` holds; twice is fine. */
    async release(name: string, owner: string): Promise<void> {
      const client = await table();
      const held = await read(name);
      if (held === null || held.owner !== owner) return;
      await won(
        `release ${partition} ${name}`,
        () => client.deleteEntity(partition, name, { etag: held.etag }),
        LOST,
      );
    },
  };
}
