import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectStorage, type Storage } from "#azure/storage/connect.ts";
import { startAzurite } from "#emulators/azurite/start-azurite.ts";

export interface TestStorage extends AsyncDisposable {
  readonly storage: Storage;
  readonly connectionString: string;
}

/** A real Azurite on free ports, gone with everything in it when disposed. */
export async function startStorage(): Promise<TestStorage> {
  const data = await mkdtemp(join(tmpdir(), "flowgate-azurite-"));
  const azurite = await startAzurite({ data });
  const { connectionString } = azurite;
  return {
    connectionString,
    storage: connectStorage({ connectionString }, { getToken: () => Promise.resolve(null) }),
    async [Symbol.asyncDispose]() {
      await azurite[Symbol.asyncDispose]();
      await rm(data, { recursive: true, force: true });
    },
  };
}
