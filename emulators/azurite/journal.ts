import {
  closeSync,
  openSync,
  readFileSync,
  renameSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";

/** A document of a collection, as LokiJS numbers it. */
export interface Document {
  readonly $loki: number;
}

/** To one collection of a database, or to what is in it. */
export type Change =
  | { readonly add: string; readonly options: object }
  | { readonly remove: string }
  | { readonly in: string; readonly put: Document }
  | { readonly in: string; readonly drop: number };

/** A file of changes, a line of JSON each, in the hands of the system when `append` returns. */
export class Journal {
  readonly #path: string;
  #file: number | undefined;
  /** In bytes. */
  #length: number;

  constructor(path: string) {
    this.#path = path;
    this.#length = this.#bytes().byteLength;
  }

  get length(): number {
    return this.#length;
  }

  append(change: Change): void {
    this.#file ??= openSync(this.#path, "a");
    this.#length += writeSync(this.#file, `${JSON.stringify(change)}\n`);
  }

  /** Drops the end where a kill left half a line: nobody was told of that change. */
  read(): Change[] {
    const bytes = this.#bytes();
    const whole = bytes.subarray(0, bytes.lastIndexOf("\n") + 1);
    if (whole.byteLength < bytes.byteLength) truncateSync(this.#path, whole.byteLength);
    this.#length = whole.byteLength;
    const lines = whole.toString("utf8").split("\n").slice(0, -1);
    return lines.map((line) => JSON.parse(line) as Change);
  }

  /** Drops the first bytes, which are in the index on disk by now. */
  forget(bytes: number): void {
    if (bytes === 0) return;
    const rest = this.#bytes().subarray(bytes);
    writeFileSync(`${this.#path}~`, rest);
    renameSync(`${this.#path}~`, this.#path);
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
    this.#length = rest.byteLength;
  }

  #bytes(): Buffer {
    try {
      return readFileSync(this.#path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return Buffer.alloc(0);
      throw error;
    }
  }
}
