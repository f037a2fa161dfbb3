import type { Clock } from "#emulators/kit/clock.ts";
import type { RegisteredFunction } from "./app-registry.ts";
import { type BlobPath, parseBlobPath } from "./blob-path.ts";
import { blobService, loadBlob } from "./blob-storage.ts";
import type { BlobEvent, HostStore } from "./host-store.ts";
import type { Invocation, InvocationOutcome } from "./invoke.ts";
import type { HostLog } from "./log.ts";
import { POISON_QUEUE, queueAccount, sendPoison } from "./poison-queue.ts";
import { jsonData } from "./typed-data.ts";

const MAX_TRIES = 5;
const MAX_PARALLEL = 8;

interface BlobFunction {
  readonly registered: RegisteredFunction;
  readonly path: BlobPath;
  readonly connection: string;
}

type BlobName = Pick<BlobEvent, "container" | "blob">;

export interface BlobTriggerOptions {
  readonly functions: readonly RegisteredFunction[];
  readonly store: HostStore;
  readonly clock: Clock;
  readonly log: HostLog;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly resolve: (text: string) => string;
  readonly run: (
    registered: RegisteredFunction,
    trigger: Omit<Invocation, "durableClient">,
  ) => Promise<InvocationOutcome>;
}

/** Runs blob functions from events that are kept until the function has succeeded, or failed five times. */
export class BlobTrigger {
  readonly #options: BlobTriggerOptions;
  readonly #functions: ReadonlyMap<string, BlobFunction>;
  readonly #active = new Map<number, Promise<void>>();
  #stopped = false;

  constructor(options: BlobTriggerOptions) {
    this.#options = options;
    const blobs = options.functions.filter(({ trigger }) => trigger.binding.type === "blobTrigger");
    this.#functions = new Map(
      blobs.map((registered) => {
        const { path, connection } = registered.trigger.binding;
        const parsed = parseBlobPath(options.resolve(String(path)));
        const entry = {
          registered,
          path: parsed,
          connection: String(connection || "AzureWebJobsStorage"),
        };
        return [registered.name.toLowerCase(), entry];
      }),
    );
  }

  /** Whether there is a blob function of this name. */
  has(name: string): boolean {
    return this.#functions.has(name.toLowerCase());
  }

  /** Keeps the event; it is safe once this returns. An event for another path is dropped with a log line. */
  accept(name: string, container: string, blob: string, etag: string): void {
    const target = this.#functions.get(name.toLowerCase());
    if (!target) return;
    if (!target.path.match(container, blob)) {
      this.#options.log.host(
        "information",
        `${name}: the event for ${container}/${blob} is not for its path.`,
      );
      return;
    }
    const functionName = target.registered.name;
    this.#options.store.addBlobEvent({ functionName, container, blob, etag });
    this.start();
  }

  /** Runs a function once with a blob given as `container/name`. Rejects when it cannot, or when the function fails. */
  async runNow(name: string, blobPath: string): Promise<void> {
    const target = this.#functions.get(name.toLowerCase());
    const [container = "", ...rest] = blobPath.replace(/^\//, "").split("/");
    const blob = rest.join("/");
    if (!target || blob === "") {
      throw new Error(`"${blobPath}" is no blob. Give it as "container/name".`);
    }
    const problem = await this.#try(target, { container, blob });
    if (problem !== undefined) throw new Error(problem);
  }

  /** Runs what waits. */
  start(): void {
    for (const event of this.#options.store.blobEvents()) {
      if (this.#stopped || this.#active.size >= MAX_PARALLEL) return;
      if (this.#active.has(event.n)) continue;
      const run = this.#work(event).finally(() => {
        this.#active.delete(event.n);
        this.start();
      });
      this.#active.set(event.n, run);
    }
  }

  async stop(patience: Promise<void>): Promise<void> {
    this.#stopped = true;
    await Promise.race([Promise.allSettled(this.#active.values()), patience]);
  }

  async #work(event: BlobEvent): Promise<void> {
    const { store, log } = this.#options;
    const target = this.#functions.get(event.functionName.toLowerCase());
    if (!target) {
      log.host(
        "warning",
        `${event.functionName} is gone; its event for ${nameOf(event)} is dropped.`,
      );
      store.removeBlobEvent(event.n);
      return;
    }
    let problem = "the host stopped during every run";
    for (let tries = event.tries; tries < MAX_TRIES; tries += 1) {
      store.countTry(event.n);
      const outcome = await this.#try(target, event);
      if (this.#stopped) return;
      if (outcome === undefined) {
        store.removeBlobEvent(event.n);
        return;
      }
      problem = outcome;
    }
    await this.#giveUp(target, event, problem);
  }

  /** Why it failed. */
  async #try(target: BlobFunction, event: BlobName): Promise<string | undefined> {
    const { environment, log, run } = this.#options;
    const { container, blob: name } = event;
    try {
      const service = blobService(target.connection, environment);
      const blob = await loadBlob(service, container, name);
      if (!blob) {
        log.host(
          "information",
          `${target.registered.name}: ${nameOf(event)} does not exist any more; its event is dropped.`,
        );
        return undefined;
      }
      const outcome = await run(target.registered, {
        data: { bytes: blob.bytes },
        triggerMetadata: {
          BlobTrigger: { string: nameOf(event) },
          Uri: jsonData(blob.uri),
          Properties: jsonData(blob.properties),
          Metadata: jsonData(blob.metadata),
          ...target.path.match(container, name),
        },
      });
      return outcome.kind === "threw" ? outcome.message : undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  async #giveUp(target: BlobFunction, event: BlobEvent, problem: string): Promise<void> {
    const { store, clock, log } = this.#options;
    const message = JSON.stringify({
      Type: "BlobTrigger",
      FunctionId: `Host.Functions.${event.functionName}`,
      BlobType: "BlockBlob",
      ContainerName: event.container,
      BlobName: event.blob,
      ETag: event.etag,
    });
    store.giveUp(event, message, problem, clock.now());
    log.host(
      "error",
      `POISON: ${event.functionName} failed ${MAX_TRIES} times for ${nameOf(event)}; the event is in the poison table. Last error: ${problem}`,
    );
    await this.#sendPoison(target, message);
  }

  /** The table has it already; the queue is for those who watch it. */
  async #sendPoison({ registered, connection }: BlobFunction, message: string): Promise<void> {
    const { environment, log } = this.#options;
    const { name } = registered;
    try {
      const account = queueAccount(connection, environment);
      if (account) await sendPoison(account, message);
      const queue = `queue ${POISON_QUEUE}`;
      log.host(
        account ? "information" : "warning",
        account
          ? `${name}: its poison message is in the ${queue}.`
          : `${name}: its poison message is not in the ${queue}: ${connection} names no queues.`,
      );
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      log.host("warning", `${name}: its poison message is in no queue: ${problem}`);
    }
  }
}

function nameOf({ container, blob }: BlobName): string {
  return `${container}/${blob}`;
}
