import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Row } from "#emulators/azure-ml/engine/engine.ts";

/** One line of a run: what childRuns answers, and what an evaluation joins with. */
export interface RunLine {
  readonly index: number;
  readonly record: Readonly<Record<string, unknown>>;
  readonly inputs: Row;
  readonly outputs: Row | null;
}

/** The lines of all runs; a run may have many thousands. */
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
      "SELECT body FROM run_lines WHERE run_id = ? AND line BETWEEN ? AND ? ORDER BY line",
    );
  }

  write(runId: string, line: RunLine): void {
    this.#write.run(runId, line.index, JSON.stringify(line));
  }

  removeAll(runId: string): void {
    this.#remove.run(runId);
  }

  /** Both ends are inclusive. */
  list(runId: string, first = 0, last = Number.MAX_SAFE_INTEGER): RunLine[] {
    const rows = this.#list.all(runId, first, last);
    return rows.map(({ body }) => JSON.parse(String(body)) as RunLine);
  }
}
