import type { Clock } from "#emulators/kit/clock.ts";
import type { Binding, InvocationResponse, RegisteredFunction } from "./app-registry.ts";
import {
  type BindingValues,
  bindingValues,
  fillExpressions,
  type TriggerData,
} from "./binding-expressions.ts";
import { loadBlob, saveBlob } from "./blob-content.ts";
import { type MessageEncoding, sendMessage } from "./queue-messages.ts";
import { blobService, requireQueueService } from "./storage-account.ts";
import type { TypedData } from "./typed-data.ts";

export interface StorageBindingOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly resolve: (text: string) => string;
  readonly clock: Clock;
  readonly messageEncoding: MessageEncoding;
}

/** A value under the name of its binding. */
export interface BoundData {
  readonly name: string;
  readonly data: TypedData | null;
}

/** Throws for an input or output that the host does not have. */
export function checkBindings({ metadata }: RegisteredFunction): void {
  for (const binding of Object.values(metadata.bindings)) {
    const { type, direction } = binding;
    if (/trigger$/i.test(type)) continue;
    const emulated = direction === "in" ? ["durableClient", "blob"] : ["http", "blob", "queue"];
    const kind = direction === "in" ? "input" : "output";
    if (!emulated.includes(type)) throw new Error(`the ${kind} ${type} is not emulated`);
    refuseSdkBinding(binding);
    if (type === "blob") splitPath(String(binding.path));
  }
}

/** Throws for a binding that asks for a client of the SDK in the place of the content. */
export function refuseSdkBinding({ type, properties }: Binding): void {
  const { supportsDeferredBinding } = (properties ?? {}) as { supportsDeferredBinding?: string };
  if (supportsDeferredBinding === "true") throw new Error(`sdkBinding of ${type} is not emulated`);
}

/** The blob inputs and the blob and queue outputs of functions. */
export class StorageBindings {
  readonly #options: StorageBindingOptions;

  constructor(options: StorageBindingOptions) {
    this.#options = options;
  }

  /** Reads what the blob inputs name; null for a blob that does not exist. */
  async read(
    { metadata }: RegisteredFunction,
    trigger: TriggerData,
  ): Promise<readonly BoundData[]> {
    const inputs = Object.entries(metadata.bindings).filter(
      ([, { type, direction }]) => direction === "in" && type === "blob",
    );
    // An orchestrator's history is not read for nothing.
    if (inputs.length === 0) return [];
    const values = bindingValues(trigger);
    return Promise.all(
      inputs.map(async ([name, binding]) => {
        const { container, blob } = this.#blobOf(binding, values);
        const loaded = await loadBlob(this.#blobService(binding), container, blob);
        return { name, data: loaded ? { bytes: loaded.bytes } : null };
      }),
    );
  }

  /** Writes what the function gave for its outputs; what it left out is left out. */
  async write(
    { metadata }: RegisteredFunction,
    trigger: TriggerData,
    { returnValue, outputData = [] }: InvocationResponse,
  ): Promise<void> {
    const given = [{ name: "$return", data: returnValue }, ...outputData].flatMap(
      ({ name, data }) => {
        const binding = metadata.bindings[name];
        return binding && binding.type !== "http" && data ? [{ binding, data }] : [];
      },
    );
    if (given.length === 0) return;
    const values = bindingValues(trigger);
    await Promise.all(given.map(({ binding, data }) => this.#put(binding, values, data)));
  }

  async #put(binding: Binding, values: BindingValues, data: TypedData): Promise<void> {
    if (binding.type === "blob") {
      const { container, blob } = this.#blobOf(binding, values);
      await saveBlob(this.#blobService(binding), container, blob, contentOf(data));
    }
    if (binding.type === "queue") {
      const queue = this.#fill(String(binding.queueName), values).toLowerCase();
      const service = requireQueueService(connectionOf(binding), this.#options.environment);
      const client = service.getQueueClient(queue);
      // One after the other, so that they lie in the queue in their order.
      for (const text of messagesOf(data)) {
        await sendMessage(client, text, this.#options.messageEncoding);
      }
    }
  }

  #blobOf({ path }: Binding, values: BindingValues) {
    return splitPath(this.#fill(String(path), values));
  }

  #blobService(binding: Binding) {
    return blobService(connectionOf(binding), this.#options.environment);
  }

  #fill(text: string, values: BindingValues): string {
    const { resolve, clock } = this.#options;
    return fillExpressions(resolve(text), values, clock.now());
  }
}

function connectionOf({ connection }: Binding): string {
  return String(connection || "AzureWebJobsStorage");
}

function splitPath(path: string): { readonly container: string; readonly blob: string } {
  const [container = "", ...rest] = path.replace(/^\//, "").split("/");
  const blob = rest.join("/");
  if (container === "" || blob === "") {
    throw new Error(`the path "${path}" names no blob; it is "container/blob"`);
  }
  return { container: container.toLowerCase(), blob };
}

/** As the host writes values to a stream: numbers as .NET keeps them in memory, all else as text. */
function contentOf({ bytes, string, json, int, double }: TypedData): Buffer {
  if (bytes) return Buffer.from(bytes);
  const number = Buffer.alloc(int === undefined ? 8 : 4);
  if (int !== undefined) {
    number.writeInt32LE(int | 0);
    return number;
  }
  if (double !== undefined) {
    number.writeDoubleLE(double);
    return number;
  }
  return Buffer.from(string ?? json ?? "");
}

/** An array is a message for each of its members; objects are written with indentation, as the host does. */
function messagesOf({ bytes, string, json, int, double }: TypedData): readonly string[] {
  const text = bytes ? Buffer.from(bytes).toString() : (json ?? string ?? String(int ?? double));
  if (!/^\s*[[{]/.test(text)) return [text];
  try {
    const value = JSON.parse(text) as unknown;
    return [value]
      .flat()
      .map((one) => (typeof one === "string" ? one : JSON.stringify(one, null, 2)));
  } catch {
    // Only looks like JSON.
    return [text];
  }
}
