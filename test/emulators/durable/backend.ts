import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DurableBackend, openDurable } from "#emulators/durable/durable.ts";
import type { DurableSettings } from "#emulators/durable/environment.ts";
import type { SendHttp } from "#emulators/durable/http-activity.ts";
import type { Instance } from "#emulators/durable/store/instances.ts";
import { ManualClock } from "#emulators/kit/clock.ts";
import { type SdkWorkerOptions, sdkWorker } from "./sdk-worker.ts";

export interface TestBackend extends DurableBackend {
  readonly clock: ManualClock;
  readonly folder: string;
  readonly lines: readonly string[];
  /** Resolves when the event loop has nothing more to do for this backend at the present time. */
  settle(): Promise<void>;
  /** For what waits for a real socket: looks again in every round of the event loop. */
  until(isSo: () => boolean): Promise<void>;
  /** Turns the clock and settles. */
  advance(ms: number): Promise<void>;
  start(): void;
  run(name: string, input?: unknown, id?: string): Promise<Instance>;
  instance(id: string): Instance;
  /** Ends the backend and leaves its folder. */
  close(): Promise<void>;
}

export function openBackend(
  options: SdkWorkerOptions & {
    readonly settings?: Partial<DurableSettings>;
    readonly folder?: string;
    readonly clock?: ManualClock;
    readonly sendHttp?: SendHttp;
  },
): TestBackend {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), "durable-"));
  const clock = options.clock ?? new ManualClock();
  const lines: string[] = [];
  const backend = openDurable({
    folder,
    clock,
    worker: sdkWorker(options),
    ...(options.sendHttp ? { sendHttp: options.sendHttp } : {}),
    log: (level, message) => lines.push(`${level}: ${message}`),
    settings: {
      hubName: "test",
      defaultVersion: null,
      versionMatchStrategy: "CurrentOrOlder",
      versionFailureStrategy: "Reject",
      maxConcurrentActivities: 20,
      overridableExistingInstanceStates: "NonRunningStates",
      httpPollDelayMs: 30_000,
      ...options.settings,
    },
  });
  backend.start();
  const test = {
    ...backend,
    clock,
    folder,
    lines,
    async settle() {
      // A turn takes a handful of rounds; nothing here waits for anything but the clock.
      for (let round = 0; round < 60; round += 1) await new Promise(setImmediate);
    },
    async until(isSo: () => boolean) {
      while (!isSo()) await new Promise(setImmediate);
    },
    async advance(ms: number) {
      clock.advance(ms);
      await test.settle();
    },
    async run(name: string, input: unknown = null, id?: string) {
      const started = backend.operations.start({ name, id, input: JSON.stringify(input) });
      if (started.kind !== "started") throw new Error(`${id} exists: ${started.status}`);
      await test.settle();
      return test.instance(started.instance.id);
    },
    instance(id: string) {
      const found = backend.operations.read(id);
      if (!found) throw new Error(`No instance ${id}`);
      return found;
    },
    async close() {
      const disposed = backend[Symbol.asyncDispose]();
      // Its patience with what runs is measured on this clock.
      clock.advance(60_000);
      await disposed;
    },
    async [Symbol.asyncDispose]() {
      await test.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return test;
}
