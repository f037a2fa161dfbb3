import type { FlowErrorBody, LineResult } from "#emulators/azure-ml/engine/engine.ts";

/** Failures of lines that differ in nothing but their lines. */
interface Kind {
  /** Of the first line, by number. */
  error: FlowErrorBody;
  line: number;
  count: number;
}

/** What a run says of all its lines together, counted as they end. */
export class RunTally {
  lines = 0;
  readonly tokens = { prompt: 0, completion: 0 };
  /** `lines.completed`, `nodes.grade.failed` and the like. */
  readonly counts = new Map([
    ["lines.completed", 0],
    ["lines.failed", 0],
  ]);
  readonly #kinds = new Map<string, Kind>();

  add({ lineNumber, status, nodes, tokens, error }: LineResult): void {
    this.lines += 1;
    this.tokens.prompt += tokens.prompt;
    this.tokens.completion += tokens.completion;
    this.#count(`lines.${status.toLowerCase()}`);
    for (const [node, end] of Object.entries(nodes)) {
      this.#count(`nodes.${node}.${end.toLowerCase()}`);
    }
    if (error) this.#fail(lineNumber, error);
  }

  /** How lines failed, in the order of their first lines. */
  failures(): readonly Readonly<Kind>[] {
    return [...this.#kinds.values()].sort((a, b) => a.line - b.line);
  }

  #count(name: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }

  #fail(line: number, error: FlowErrorBody): void {
    const key = JSON.stringify([error.code, error.innerCodes, error.messageFormat]);
    const kind = this.#kinds.get(key);
    if (kind === undefined) {
      this.#kinds.set(key, { error, line, count: 1 });
      return;
    }
    kind.count += 1;
    if (line < kind.line) Object.assign(kind, { error, line });
  }
}
