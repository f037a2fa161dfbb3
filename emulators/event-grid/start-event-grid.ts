import { BackDoor } from "#emulators/kit/back-door.ts";
import { type Clock, systemClock } from "#emulators/kit/clock.ts";
import { type Emulator, serve } from "#emulators/kit/serve.ts";
import { type WatchOptions, watchBlobs } from "./blob-watch.ts";
import { Courier } from "./courier.ts";
import { EventGridStore } from "./store.ts";
import { enqueueFor, subscriptionRoutes } from "./subscriptions.ts";
import { createTopic } from "./topic.ts";

export interface EventGridOptions {
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** Folder for events, subscriptions and what was delivered; without it nothing outlives the process. */
  readonly data?: string;
  /** What publishers present as `aeg-sas-key`; default `emulator`. */
  readonly key?: string;
  /** Connection string of the account whose system topic is played. */
  readonly storage?: string;
  /** Where its `BlobCreated` events go: `…/runtime/webhooks/blobs?functionName=Host.Functions.<name>`. */
  readonly blobsWebhook?: string;
  /** The container to watch; default `test-data`. */
  readonly watch?: string;
  readonly clock?: Clock;
  /** One line, when an endpoint or the container cannot be reached. */
  readonly warn?: (message: string) => void;
}

/** Rejects when the port is taken or the container cannot be listed the first time. */
export async function startEventGrid(options: EventGridOptions = {}): Promise<Emulator> {
  const { port = 0, data, key = "emulator", clock = systemClock, warn = () => {} } = options;
  const store = new EventGridStore(data);
  const courier = new Courier({ store, clock, warn });
  const running: AsyncDisposable[] = [courier];
  const stop = async () => {
    for (const part of running.toReversed()) await part[Symbol.asyncDispose]();
    store[Symbol.dispose]();
  };
  try {
    const watch = watchOptions(options, { store, clock, warn, courier });
    if (watch) running.push(await watchBlobs(watch));
    const backDoor = new BackDoor(clock);
    subscriptionRoutes(backDoor.routes, { store, clock });
    const topic = createTopic({
      key,
      accept(name, events) {
        store.transaction(() => {
          for (const event of events) {
            store.addEvent(name, event);
            enqueueFor(store, name, event, clock.now());
          }
        });
        courier.wake();
      },
    });
    const server = await serve(
      backDoor.guard((request) => topic.fetch(request)),
      port,
      clock,
    );
    running.push(server);
    return { url: server.url, port: server.port, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Parts {
  readonly store: EventGridStore;
  readonly clock: Clock;
  readonly warn: (message: string) => void;
  readonly courier: Courier;
}

function watchOptions(options: EventGridOptions, parts: Parts): WatchOptions | undefined {
  const { storage, blobsWebhook: webhook, watch: container = "test-data" } = options;
  if (storage === undefined && webhook === undefined) return undefined;
  if (storage === undefined || webhook === undefined) {
    throw new Error(
      "--storage and --blobs-webhook belong together: what to watch, and whom to tell.",
    );
  }
  const { courier, ...rest } = parts;
  return { ...rest, storage, webhook, container, wake: () => courier.wake() };
}
