import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { LineResult, Row } from "#emulators/azure-ml/engine/engine.ts";

/** One line of a run: what childRuns answers, what an evaluation joins with, and what a resumed run takes over. */
export interface RunLine extends Pick<LineResult, "nodes" | "forAggregation"> {
  readonly index: number;
  readonly record: Readonly<Record<string, unknown>>;
  readonly inputs: Row;
  readonly outputs: Row | null;
}

const PAGE = 500;
/** Lines that are written in one transaction: one for each costs more than the line. */
const TOGETHER = 100;

/**
 * The lines of all runs; a run may have many thousands, which nobody holds at once. Some that came last
 * are written with the next ones, or before anything is read: nobody has seen them yet, and a run that
 * is interrupted begins anew.
 */
export class RunLines {
  readonly #database: DatabaseSync;
  readonly #write: StatementSync;
  readonly #remove: StatementSync;
  readonly #list: StatementSync;
  readonly #records: StatementSync;
  #unwritten: { readonly runId: string; readonly line: RunLine }[] = [];

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#write = database.prepare(
      `INSERT INTO run_lines (run_id, line, body) VALUES (?, ?, ?)
       ON CONFLICT (run_id, line) DO UPDATE SET body = excluded.body`,
    );
    this.#remove = database.prepare("DELETE FROM run_lines WHERE run_id = ?");
    this.#list = database.prepare(
      "SELECT body FROM run_lines WHERE run_id = ? AND line BETWEEN ? AND ? ORDER BY line LIMIT ?",
    );
    this.#records = database.prepare(
      "SELECT body -> '$.record' AS record FROM run_lines WHERE run_id = ? AND line BETWEEN ? AND ? ORDER BY line",
    );
  }

  write(runId: string, line: RunLine): void {
    this.#unwritten.push({ runId, line });
    if (this.#unwritten.length >= TOGETHER) this.flush();
  }

  /** Writes what is still held, for a run that is over. */
  flush(): void {
    if (this.#unwritten.length === 0) return;
    const lines = this.#unwritten;
    this.#unwritten = [];
    this.#database.exec("BEGIN");
    try {
      for (const { runId, line } of lines) {
        this.#write.run(runId, line.index, JSON.stringify(line));
      }
      this.#database.exec("COMMIT");
    } catch (error) {
      this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  removeAll(runId: string): void {
    this.flush();
    this.#remove.run(runId);
  }

  /** What childRuns answers, as a JSON array; both ends are inclusive. The text is the stored one: nothing is parsed here. */
  recordsText(runId: string, first: number, last: number): string {
    this.flush();
    const rows = this.#records.all(runId, first, last);
    return `[${rows.map(({ record }) => String(record)).join(",")}]`;
  }

  /** Both ends are inclusive; in the order of line numbers. */
  list(runId: string, first: number, last: number, most = -1): RunLine[] {
    this.flush();
    const rows = this.#list.all(runId, first, last, most);
    return rows.map(({ body }) => JSON.parse(String(body)) as RunLine);
  }

  /** All lines of a run in order, a page of them at a time. */
  *all(runId: string): Generator<RunLine> {
    for (let first = 0; ; ) {
      const page = this.list(runId, first, Number.MAX_SAFE_INTEGER, PAGE);
      yield* page;
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) return;
      first = last.index + 1;
    }
  }
}
