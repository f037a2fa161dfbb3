import { BackDoor } from "#emulators/kit/back-door.ts";
import type { Clock } from "#emulators/kit/clock.ts";
import { type Emulator, serve } from "#emulators/kit/serve.ts";

/** Addresses with the account, as Azurite has them. */
interface StorageUrls {
  readonly blob: string;
  readonly queue: string;
  readonly table: string;
}

export interface StorageDoor extends StorageUrls, AsyncDisposable {
  /** Of the back door, which is one for all three services. */
  readonly url: string;
}

/** What the connection says of itself, not the request; a length is that of the body that is sent. */
const HOP_BY_HOP = ["connection", "keep-alive", "transfer-encoding"];
const OF_REQUESTS = [...HOP_BY_HOP, "content-length", "host"];

/**
 * Stands before a storage emulator that has no faults of its own: logs its requests, and breaks those it is asked to. As
 * storage gives up itself what takes it half a minute, nothing is done that was delayed for longer than its caller waited.
 */
export async function startStorageDoor(storage: StorageUrls, clock: Clock): Promise<StorageDoor> {
  const backDoor = new BackDoor(clock);
  await using started = new AsyncDisposableStack();
  const open = async (url: string): Promise<Emulator> => {
    const { origin } = new URL(url);
    const answer = backDoor.guard((request, { incoming }) =>
      incoming.socket.destroyed ? new Response(null, { status: 499 }) : passOn(request, origin),
    );
    return started.use(await serve(answer, 0, clock));
  };
  const blob = await open(storage.blob);
  const queue = await open(storage.queue);
  const table = await open(storage.table);
  const at = ({ url }: Emulator, behind: string) => `${url}${new URL(behind).pathname}`;
  const stop = started.move();
  return {
    url: blob.url,
    blob: at(blob, storage.blob),
    queue: at(queue, storage.queue),
    table: at(table, storage.table),
    [Symbol.asyncDispose]: () => stop[Symbol.asyncDispose](),
  };
}

async function passOn(request: Request, origin: string): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  const body = await request.arrayBuffer();
  const answer = await fetch(`${origin}${pathname}${search}`, {
    method: request.method,
    headers: without(request.headers, OF_REQUESTS),
    body: body.byteLength === 0 ? null : body,
    redirect: "manual",
  });
  const { status } = answer;
  return new Response(answer.body, { status, headers: without(answer.headers, HOP_BY_HOP) });
}

function without(headers: Headers, names: readonly string[]): Headers {
  const kept = new Headers(headers);
  for (const name of names) kept.delete(name);
  return kept;
}
