/**
 * The seam between the emulated service and whatever really executes a flow: dataset rows in, one
 * result per row out, joined by line number.
 */
export interface FlowEngine {
  /**
   * Makes what the flow needs before it can be loaded, which may take minutes: its Python packages. `load` does it
   * too where it was not done. Rejects with FlowError.
   */
  prepare?(source: FlowSource): Promise<void>;
  /** Rejects with FlowError for anything that no line could survive (YAML, imports, connections). */
  load(source: FlowSource): Promise<LoadedFlow>;
}

export interface FlowSource {
  /** Absolute path of the flow folder; it is only read. */
  readonly folder: string;
  /** `flow.dag.yaml` unless the run names another: a DAG, a flex flow or a `.prompty`. */
  readonly file: string;
  /** `${node.variant}`. */
  readonly variant?: string | undefined;
  /** Run-level overrides: node → `connection`, `deployment_name`, `model`. */
  readonly connections?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Run-level values; they win over the flow's own. */
  readonly environmentVariables?: Readonly<Record<string, string>>;
  /** Constructor arguments of a flex flow's class. */
  readonly init?: Readonly<Record<string, unknown>>;
  /** One line of the run's log, without line break. */
  readonly log?: (line: string) => void;
}

export interface LoadedFlow extends AsyncDisposable {
  readonly inputs: Readonly<Record<string, FlowInput>>;
  readonly nodes: readonly string[];
  /** Maps and joins the sources by line number, runs every line, then the aggregation nodes. */
  runBatch(batch: Batch): Promise<BatchResult>;
  /** One line without aggregation, as the serving image does it; outputs without `evaluation_only`. */
  serve(inputs: Readonly<Record<string, unknown>>): Promise<LineResult>;
}

export interface FlowInput {
  readonly type: string;
  readonly default?: unknown;
  /** The flow has a value of its own for it, in its code or its sample. */
  readonly optional?: boolean;
}

export interface Batch {
  /** Rows of the run's own data, in file order; null when it brings none. */
  readonly data: Rows | null;
  /** Where paths of pictures in the rows begin; the flow's folder when it is left out. */
  readonly folder?: string;
  /** The run that this one evaluates: its mapped inputs and its outputs, each with `line_number`. */
  readonly run: { readonly inputs: Rows; readonly outputs: Rows } | null;
  /** Flow input → `${data.x}`, `${run.inputs.x}`, `${run.outputs.x}` or a literal. */
  readonly inputsMapping: Readonly<Record<string, string>>;
  /** Makes a line fail with this message; undefined leaves it alone. */
  readonly breakLine?: (lineNumber: number) => string | undefined;
  /**
   * Lines that an earlier batch completed, by ascending line number. They are handed on as they are instead of being
   * run, and aggregated with the others. A line that does not say enough for that, or says it as another engine does, runs again.
   */
  readonly known?: Iterable<LineResult>;
  /** Takes each line as it ends; then the result of the batch has no `lines`, so that nobody holds them all. */
  readonly onLine?: (result: LineResult) => void;
  readonly signal?: AbortSignal;
}

export type Row = Readonly<Record<string, unknown>>;

/** Read from the start as often as needed, and perhaps too many to hold: a file, a table, in a test a list. */
export type Rows = Iterable<Row>;

export interface LineResult {
  readonly lineNumber: number;
  readonly status: "Completed" | "Failed";
  readonly inputs: Row;
  readonly outputs: Row | null;
  readonly error: FlowErrorBody | null;
  /** Node → what became of it. */
  readonly nodes: Readonly<Record<string, "Completed" | "Failed" | "Bypassed" | "Canceled">>;
  readonly startedAt: Date;
  readonly endedAt: Date;
  /** Its only output, `output`, is all that a flex flow or a prompty returned; a server answers with it alone. */
  readonly isBare?: boolean;
  /** Output → the pieces that it came in, where a generator or a model made it. */
  readonly streams?: Readonly<Record<string, readonly unknown[]>>;
  /** What the aggregation reads of a completed line, as text for a later batch that knows it. */
  readonly forAggregation?: string;
  readonly tokens: { readonly prompt: number; readonly completion: number };
}

export interface BatchResult {
  /** In the order of line numbers; none of them where `onLine` took them. */
  readonly lines: readonly LineResult[];
  /** What `log_metric` was called with, unchanged: numbers, strings, null, NaN. */
  readonly metrics: Readonly<Record<string, unknown>>;
  /** The aggregation node that raised, if one did; the run is Completed all the same. */
  readonly aggregationError: { readonly node: string; readonly error: FlowErrorBody } | null;
}

/** The shape that run history and childRuns carry. */
export interface FlowErrorBody {
  readonly message: string;
  readonly messageFormat: string;
  readonly code: "UserError" | "SystemError";
  /** Outermost first, e.g. `["ToolExecutionError"]`. */
  readonly innerCodes: readonly string[];
  readonly additionalInfo?: readonly { readonly type: string; readonly info: unknown }[];
}

/** The whole run ends Failed with this. */
export class FlowError extends Error {
  override readonly name = "FlowError";
  readonly body: FlowErrorBody;

  constructor(body: FlowErrorBody, options?: ErrorOptions) {
    super(body.message, options);
    this.body = body;
  }
}
