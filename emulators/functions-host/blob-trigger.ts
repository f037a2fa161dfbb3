import type { RegisteredFunction } from "./app-registry.ts";
import { loadBlob } from "./blob-content.ts";
import { type BlobFunction, blobFunctions } from "./blob-functions.ts";
import { BlobScanner } from "./blob-scanner.ts";
import type { BlobSettings } from "./host-json.ts";
import type { BlobEvent } from "./host-store.ts";
import { sendMessage } from "./queue-messages.ts";
import { blobService, queueService } from "./storage-account.ts";
import type { TriggerOptions } from "./trigger-options.ts";
import { jsonData } from "./typed-data.ts";

const POISON_QUEUE = "webjobs-blobtrigger-poison";

/** The version of a blob; without an ETag, whatever version there is. */
type BlobVersion = Pick<BlobEvent, "container" | "blob"> & { readonly etag?: string };

export interface BlobTriggerOptions extends TriggerOptions {
  readonly functions: readonly RegisteredFunction[];
  readonly settings: BlobSettings;
}

/** Runs blob functions from events that are kept until the function has succeeded, or failed too often. */
export class BlobTrigger {
  readonly #options: BlobTriggerOptions;
  readonly #functions: ReadonlyMap<string, BlobFunction>;
  readonly #active = new Map<number, Promise<void>>();
  readonly #scanner: BlobScanner;
  #stopped = false;
  /** Once the store may be closed. */
  #abandoned = false;

  constructor(options: BlobTriggerOptions) {
    this.#options = options;
    const functions = blobFunctions(options.functions, options.resolve);
    this.#functions = new Map(
      functions.map((entry) => [entry.registered.name.toLowerCase(), entry]),
    );
    this.#scanner = new BlobScanner({
      ...options,
      functions,
      found: (events) => {
        options.store.addNewBlobEvents(events);
        this.#startWaiting();
      },
    });
  }

  /** Whether Event Grid may tell a blob function of this name. */
  has(name: string): boolean {
    return this.#functions.get(name.toLowerCase())?.isScanned === false;
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
    this.#startWaiting();
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

  /** Runs what waits and looks for more. */
  start(): void {
    this.#startWaiting();
    this.#scanner.start();
  }

  async stop(patience: Promise<void>): Promise<void> {
    this.#stopped = true;
    await Promise.all([
      this.#scanner.stop(patience),
      Promise.race([Promise.allSettled(this.#active.values()), patience]),
    ]);
    this.#abandoned = true;
  }

  #startWaiting(): void {
    const { store, settings, clock } = this.#options;
    if (this.#stopped) return;
    for (const event of store.blobEvents(settings.maxParallel)) {
      if (this.#active.size >= settings.maxParallel) return;
      if (this.#active.has(event.n)) continue;
      const work = () => this.#work(event);
      const run = clock
        .work(`the event for ${nameOf(event)}`, work, { within: null })
        .finally(() => {
          this.#active.delete(event.n);
          this.#startWaiting();
        });
      this.#active.set(event.n, run);
    }
  }

  async #work(event: BlobEvent): Promise<void> {
    const { store, log, settings } = this.#options;
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
    for (let tries = event.tries; tries < settings.maxTries; tries += 1) {
      store.countTry(event.n);
      const outcome = await this.#try(target, event);
      if (this.#abandoned) return;
      if (outcome === undefined) {
        store.removeBlobEvent(event.n);
        return;
      }
      if (this.#stopped) return;
      problem = outcome;
    }
    await this.#giveUp(target, event, problem);
  }

  /** Why it failed. */
  async #try(target: BlobFunction, event: BlobVersion): Promise<string | undefined> {
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
      if (target.isScanned && event.etag !== undefined && event.etag !== blob.etag) {
        this.#putOff(target, { container, blob: name, etag: blob.etag });
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

  /** The blob was overwritten before its turn: the new version has one of its own. */
  #putOff({ registered }: BlobFunction, version: Required<BlobVersion>): void {
    if (this.#abandoned) return;
    const { store, log } = this.#options;
    store.addNewBlobEvents([{ functionName: registered.name, ...version }]);
    log.host(
      "information",
      `${registered.name}: ${nameOf(version)} has changed since; its new version runs instead.`,
    );
  }

  async #giveUp(target: BlobFunction, event: BlobEvent, problem: string): Promise<void> {
    const { store, clock, log, settings } = this.#options;
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
      `POISON: ${event.functionName} failed ${settings.maxTries} times for ${nameOf(event)}; the event is in the poison table. Last error: ${problem}`,
    );
    await this.#sendPoison(target, message);
  }

  /** The table has it already; the queue is for those who watch it. */
  async #sendPoison({ registered, connection }: BlobFunction, message: string): Promise<void> {
    const { environment, log } = this.#options;
    const { name } = registered;
    try {
      const account = queueService(connection, environment);
      if (account) await sendMessage(account.getQueueClient(POISON_QUEUE), message, "base64");
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

function nameOf({ container, blob }: BlobVersion): string {
  return `${container}/${blob}`;
}
