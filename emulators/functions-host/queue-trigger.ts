import type { DequeuedMessageItem, QueueClient } from "@azure/storage-queue";
import type { RegisteredFunction } from "./app-registry.ts";
import { membersOf } from "./binding-expressions.ts";
import type { QueueSettings } from "./host-json.ts";
import type { Run } from "./invocation.ts";
import { Loop } from "./loop.ts";
import { messageText, sendMessage } from "./queue-messages.ts";
import { requireQueueService } from "./storage-account.ts";
import type { TriggerOptions } from "./trigger-options.ts";
import { jsonData, spreadMembers, type TypedData } from "./typed-data.ts";

const POLL_EVERY_MS = 1_000;
/** How long a message is hidden from others while its function runs. */
const HIDDEN_SECONDS = 600;

export interface QueueTriggerOptions extends TriggerOptions {
  readonly settings: QueueSettings;
}

/** The queue of a queue function; throws when its binding names none. */
export function queueNameOf(
  { trigger }: RegisteredFunction,
  resolve: (text: string) => string,
): string {
  const { queueName } = trigger.binding;
  if (typeof queueName !== "string" || queueName === "") throw new Error("it names no queueName");
  return resolve(queueName).toLowerCase();
}

/** Runs one function with the messages of a queue until stopped. What fails too often goes to the queue's poison queue. */
export class QueueTrigger {
  readonly #options: QueueTriggerOptions;
  readonly #registered: RegisteredFunction;
  readonly #queueName: string;
  readonly #connection: string;
  readonly #loop = new Loop(() => this.#run());
  #problem: string | undefined;

  constructor(registered: RegisteredFunction, options: QueueTriggerOptions) {
    this.#options = options;
    this.#registered = registered;
    this.#queueName = queueNameOf(registered, options.resolve);
    this.#connection = String(registered.trigger.binding.connection || "AzureWebJobsStorage");
  }

  start(): void {
    this.#loop.start();
  }

  stop(patience: Promise<void>): Promise<void> {
    return this.#loop.stop(patience);
  }

  async #run(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#loop;
    while (!signal.aborted) {
      const batch = () => this.#handleBatch();
      const handled = await clock.work(`messages of ${this.#queueName}`, batch, { within: null });
      if (handled === 0) await clock.until(clock.now() + POLL_EVERY_MS, signal);
    }
  }

  /** How many messages there were. */
  async #handleBatch(): Promise<number> {
    const { environment, settings } = this.#options;
    try {
      const service = requireQueueService(this.#connection, environment);
      const queue = service.getQueueClient(this.#queueName);
      const { receivedMessageItems } = await queue.receiveMessages({
        numberOfMessages: settings.batchSize,
        visibilityTimeout: HIDDEN_SECONDS,
        abortSignal: this.#loop.signal,
      });
      const poison = service.getQueueClient(`${this.#queueName}-poison`);
      await Promise.all(receivedMessageItems.map((item) => this.#handle(queue, poison, item)));
      this.#problem = undefined;
      return receivedMessageItems.length;
    } catch (error) {
      this.#complain(error);
      return 0;
    }
  }

  async #handle(queue: QueueClient, poison: QueueClient, item: DequeuedMessageItem): Promise<void> {
    const { settings, log, run } = this.#options;
    const { messageId, popReceipt, dequeueCount } = item;
    const text = messageText(item.messageText, settings.messageEncoding);
    const problem =
      text === undefined
        ? 'it is not in base64; "extensions.queues.messageEncoding" of host.json may be "none"'
        : await this.#try(text, item, run);
    if (problem === undefined) {
      await queue.deleteMessage(messageId, popReceipt);
      return;
    }
    if (text !== undefined && dequeueCount < settings.maxDequeueCount) {
      await queue.updateMessage(messageId, popReceipt, undefined, settings.visibilitySeconds);
      return;
    }
    await sendMessage(poison, item.messageText, "none");
    await queue.deleteMessage(messageId, popReceipt);
    log.host(
      "error",
      `POISON: ${this.#registered.name} gave up the message ${messageId} of ${queue.name}; it is in ${poison.name}. Last error: ${problem}`,
    );
  }

  /** Why it failed. */
  async #try(text: string, item: DequeuedMessageItem, run: Run): Promise<string | undefined> {
    const data = { string: text };
    const outcome = await run(this.#registered, { data, triggerMetadata: metadataOf(item, text) });
    return outcome.kind === "threw" ? outcome.message : undefined;
  }

  /** Once, until it is another problem. A queue that does not exist yet is only empty. */
  #complain(error: unknown): void {
    if (this.#loop.signal.aborted || (error as { statusCode?: number }).statusCode === 404) return;
    const problem = error instanceof Error ? error.message : String(error);
    if (problem === this.#problem) return;
    this.#problem = problem;
    this.#options.log.host(
      "warning",
      `${this.#registered.name}: the queue "${this.#queueName}" cannot be read: ${problem}. It is tried again until it can be.`,
    );
  }
}

function metadataOf(item: DequeuedMessageItem, text: string): Readonly<Record<string, TypedData>> {
  return {
    ...spreadMembers(membersOf(text)),
    QueueTrigger: { string: text },
    Id: { string: item.messageId },
    PopReceipt: { string: item.popReceipt },
    DequeueCount: { string: String(item.dequeueCount) },
    InsertionTime: jsonData(item.insertedOn),
    ExpirationTime: jsonData(item.expiresOn),
    NextVisibleTime: jsonData(item.nextVisibleOn),
  };
}
