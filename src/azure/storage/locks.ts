import type { TableClient } from "@azure/data-tables";
import { ifThere, type Storage, won } from "./connect.ts";
import { type ENDPOINT_LOCKS, LEDGER_TABLE, type MODEL_LOCKS } from "./ledger.ts";

/** How often a lock is looked at that changes hands, or goes, between a look and a take. */
const LOOKS = 3;

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
      let holder = "";
      for (let look = 0; look < LOOKS; look += 1) {
        const create = () => client.createEntity(row);
        if (await won(`lock ${partition} ${name}`, create))
          return { acquired: true, holder: owner };
        const held = await read(name);
        if (held === null) continue;
        holder = held.owner;
        if (holder !== owner && held.deadline >= now) return { acquired: false, holder };
        const take = () => client.updateEntity(row, "Replace", { etag: held.etag });
        if (await won(`lock ${partition} ${name}`, take, LOST)) {
          return { acquired: true, holder: owner };
        }
      }
      return { acquired: false, holder };
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
