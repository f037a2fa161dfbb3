import { userError } from "#emulators/azure-ml/engine/builtin/errors.ts";
import type { Batch, BatchResult, LineResult, Row } from "#emulators/azure-ml/engine/engine.ts";
import { type BatchAnswer, errorBody, type LineAnswer, lineResult } from "./answers.ts";
import type { Message } from "./promptflow-process.ts";

/** What a batch hears of its lines: each is told once, as soon as it is known. */
export class BatchLines implements Disposable {
  readonly #batch: Batch;
  readonly #answer: (message: Message) => void;
  /** What an earlier batch completed, from the first that was not asked for yet. */
  readonly #known: Iterator<LineResult>;
  #nextKnown: IteratorResult<LineResult>;
  readonly #takenOver = new Map<number, LineResult>();
  readonly #told = new Set<number>();
  readonly #broken = new Map<number, string>();
  readonly #leftOut: LineResult[] = [];

  constructor(batch: Batch, answer: (message: Message) => void) {
    this.#batch = batch;
    this.#answer = answer;
    this.#known = (batch.known ?? [])[Symbol.iterator]();
    this.#nextKnown = this.#known.next();
  }

  [Symbol.dispose](): void {
    this.#known.return?.();
  }

  /** Whether there is anything to take over. */
  get resumes(): boolean {
    return !this.#nextKnown.done;
  }

  hear(message: Message): void {
    if (message["known"] !== undefined) this.#takeOver(Number(message["known"]));
    if (message["mapped"]) this.#chooseBroken(message["mapped"] as number[]);
    if (message["leftOut"]) this.#fail(message["leftOut"] as Record<string, Row>);
    if (message["line"]) this.#tell(lineResult(message["line"] as LineAnswer));
  }

  result({ lines, metrics, aggregationErrors }: BatchAnswer): BatchResult {
    const run = lines.map((line) => this.#takenOver.get(line.lineNumber) ?? lineResult(line));
    const all = [...run, ...this.#leftOut];
    for (const line of all) this.#tell(line);
    const [first] = aggregationErrors;
    return {
      lines: this.#batch.onLine ? [] : all.sort((a, b) => a.lineNumber - b.lineNumber),
      metrics,
      aggregationError: first ? { node: first.node, error: errorBody(first.error) } : null,
    };
  }

  /** Line numbers are asked for in their order. */
  #takeOver(number: number): void {
    while (!this.#nextKnown.done && this.#nextKnown.value.lineNumber < number) {
      this.#nextKnown = this.#known.next();
    }
    const { value } = this.#nextKnown;
    const text: unknown = value?.lineNumber === number ? value.forAggregation : undefined;
    if (typeof text !== "string" || !text.startsWith("{")) {
      this.#answer({ known: null });
      return;
    }
    this.#takenOver.set(number, value);
    this.#tell(value);
    this.#answer({ known: text });
  }

  #chooseBroken(numbers: readonly number[]): void {
    for (const number of numbers) {
      const message = this.#batch.breakLine?.(number);
      if (message !== undefined) this.#broken.set(number, message);
    }
    this.#answer({ leaveOut: [...this.#broken.keys()] });
  }

  #fail(rows: Readonly<Record<string, Row>>): void {
    for (const [number, message] of this.#broken) {
      const { line_number: _number, ...inputs } = rows[number] ?? {};
      const error = userError("ToolExecutionError", message);
      this.#leftOut.push(failedLine({ lineNumber: number, inputs, error, startedAt: new Date() }));
    }
  }

  #tell(line: LineResult): void {
    if (this.#told.has(line.lineNumber)) return;
    this.#told.add(line.lineNumber);
    this.#batch.onLine?.(line);
  }
}

export function failedLine(
  line: Pick<LineResult, "lineNumber" | "inputs" | "error" | "startedAt">,
): LineResult {
  const tokens = { prompt: 0, completion: 0 };
  return { ...line, status: "Failed", outputs: null, nodes: {}, endedAt: new Date(), tokens };
}
