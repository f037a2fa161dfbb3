import type { Clock } from "#emulators/kit/clock.ts";
import { quoted } from "./blob-content.ts";
import type { BlobFunction } from "./blob-functions.ts";
import type { NewBlobEvent } from "./host-store.ts";
import type { HostLog } from "./log.ts";
import { Loop } from "./loop.ts";
import { blobService } from "./storage-account.ts";

const SCAN_EVERY_MS = 2_000;

export interface BlobScannerOptions {
  readonly functions: readonly BlobFunction[];
  readonly clock: Clock;
  readonly log: HostLog;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Keeps what was found; each version of a blob is told at least once. */
  readonly found: (events: readonly NewBlobEvent[]) => void;
}

/** One container with the functions that want to know of its blobs. */
interface Watch {
  readonly connection: string;
  readonly container: string;
  readonly functions: readonly BlobFunction[];
  /** ETags by blob, as the last listing had them. */
  known: ReadonlyMap<string, string>;
  problem: string | undefined;
}

/** Lists the containers of scanned blob functions until stopped and tells of every version of a blob. */
export class BlobScanner {
  readonly #options: BlobScannerOptions;
  readonly #watches: readonly Watch[];
  readonly #loop = new Loop(() => this.#run());

  constructor(options: BlobScannerOptions) {
    this.#options = options;
    const scanned = options.functions.filter(({ isScanned }) => isScanned);
    const groups = Object.groupBy(scanned, ({ path, connection }) =>
      JSON.stringify([connection, path.container]),
    );
    this.#watches = Object.entries(groups).map(([key, functions = []]) => {
      const [connection = "", container = ""] = JSON.parse(key) as string[];
      return { connection, container, functions, known: new Map(), problem: undefined };
    });
  }

  start(): void {
    if (this.#watches.length > 0) this.#loop.start();
  }

  stop(patience: Promise<void>): Promise<void> {
    return this.#loop.stop(patience);
  }

  async #run(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#loop;
    while (!signal.aborted) {
      const scan = () => Promise.all(this.#watches.map((watch) => this.#scan(watch)));
      await clock.work("a look for new blobs", scan, { within: null });
      await clock.until(clock.now() + SCAN_EVERY_MS, signal);
    }
  }

  async #scan(watch: Watch): Promise<void> {
    try {
      watch.known = await this.#list(watch);
      watch.problem = undefined;
    } catch (error) {
      if (this.#loop.signal.aborted) return;
      // What has come back has new ETags.
      if (isMissing(error)) watch.known = new Map();
      this.#complain(watch, error);
    }
  }

  async #list({ connection, container, functions, known }: Watch) {
    const service = blobService(connection, this.#options.environment);
    const pages = service
      .getContainerClient(container)
      .listBlobsFlat({ abortSignal: this.#loop.signal })
      .byPage();
    const listed = new Map<string, string>();
    for await (const { segment } of pages) {
      const blobs = segment.blobItems.map(({ name, properties }) => ({
        blob: name,
        etag: quoted(properties.etag),
      }));
      for (const { blob, etag } of blobs) listed.set(blob, etag);
      const changed = blobs.filter(({ blob, etag }) => known.get(blob) !== etag);
      const events = changed.flatMap(({ blob, etag }) =>
        functions
          .filter(({ path }) => path.match(container, blob))
          .map(({ registered }) => ({ functionName: registered.name, container, blob, etag })),
      );
      if (this.#loop.signal.aborted) return known;
      if (events.length > 0) this.#options.found(events);
    }
    return listed;
  }

  /** Once, until it is another problem. */
  #complain(watch: Watch, error: unknown): void {
    const { connection, container, functions } = watch;
    const problem = isMissing(error)
      ? `The container "${container}" of ${connection} does not exist yet`
      : `The container "${container}" of ${connection} cannot be listed: ${error instanceof Error ? error.message : error}`;
    if (problem === watch.problem) return;
    watch.problem = problem;
    const names = functions.map(({ registered }) => registered.name).join(", ");
    const level = isMissing(error) ? "information" : "warning";
    this.#options.log.host(level, `${names}: ${problem}. It is tried again until it can be.`);
  }
}

function isMissing(error: unknown): boolean {
  return (error as { statusCode?: number }).statusCode === 404;
}
