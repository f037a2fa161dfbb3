import type { TableClient } from "@azure/data-tables";
import { ifThere, type Storage, won } from "./connect.ts";
import { ENDPOINT_PARTITION, LEDGER_TABLE } from "./ledger.ts";

/** Also when the row is gone by then. */
const LOST = [404, 409, 412];

interface Lock {
  readonly owner: string;
  /** ISO 8601; past it anybody may take the lock. */
  readonly deadline: string;
}

/** One pipeline at a time changes an endpoint. */
export function createEndpointLocks(storage: Storage) {
  const table = (): Promise<TableClient> => storage.table(LEDGER_TABLE);

  async function read(endpoint: string) {
    const client = await table();
    return ifThere(`read lock of ${endpoint}`, () =>
      client.getEntity<Lock>(ENDPOINT_PARTITION, endpoint),
    );
  }

  return {
    /** Takes or keeps the lock until `deadline`; answers who holds it. `now` and `deadline` are ISO 8601. */
    async acquire(
      endpoint: string,
      owner: string,
      deadline: string,
      now: string,
    ): Promise<{ acquired: boolean; holder: string }> {
      const client = await table();
      const row = { partitionKey: ENDPOINT_PARTITION, rowKey: endpoint, owner, deadline };
      const action = `lock endpoint ${endpoint}`;
      if (await won(action, () => client.createEntity(row)))
        return { acquired: true, holder: owner };

      const held = await read(endpoint);
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
    async release(endpoint: string, owner: string): Promise<void> {
      const client = await table();
      const held = await read(endpoint);
      if (held === null || held.owner !== owner) return;
      await won(
        `release endpoint ${endpoint}`,
        () => client.deleteEntity(ENDPOINT_PARTITION, endpoint, { etag: held.etag }),
        LOST,
      );
    },
  };
}
