import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Row } from "#emulators/azure-ml/engine/engine.ts";

/** One line of a run: what childRuns answers, and what an evaluation joins with. */
export interface RunLine {
  readonly index: number;
  readonly record: Readonly<Record<string, unknown>>;
  readonly inputs: Row;
  readonly outputs: Row | null;
}

const PAGE = 500;

/** The lines of all runs; a run may have many thousands, which nobody holds at once. */
export class RunLines {
  readonly #write: StatementSync;
  readonly #remove: StatementSync;
  readonly #list: StatementSync;

  constructor(database: DatabaseSync) {
    this.#write = database.prepare(
      `INSERT INTO run_lines (run_id, line, body) VALUES (?, ?, ?)
       ON CONFLICT (run_id, line) DO UPDATE SET body = excluded.body`,
    );
    this.#remove = database.prepare("DELETE FROM run_lines WHERE run_id = ?");
    this.#list = database.prepare(
      "SELECT body FROM run_lines WHERE run_id = ? AND line BETWEEN ? AND ? ORDER BY line LIMIT ?",
    );
  }

  write(runId: string, line: RunLine): void {
    this.#write.run(runId, line.index, JSON.stringify(line));
  }

  removeAll(runId: string): void {
    this.#remove.run(runId);
  }

  /** Both ends are inclusive; in the order of line numbers. */
  list(runId: string, first: number, last: number, most = -1): RunLine[] {
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
