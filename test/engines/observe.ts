import {
  type FlowEngine,
  FlowError,
  type FlowErrorBody,
  type LineResult,
} from "#emulators/azure-ml/engine/engine.ts";
import { type EngineCase, written } from "./a-case.ts";

/** Everything comparable that an engine did with a case: a path like `batch.line 2.error` → its value. */
export type Observation = ReadonlyMap<string, unknown>;

export async function observe(engine: FlowEngine, given: EngineCase): Promise<Observation> {
  await using own = given.folder === undefined ? await written(given.files ?? {}) : undefined;
  const folder = own?.folder ?? given.folder ?? "";
  const seen = new Map<string, unknown>();
  try {
    const source = { folder, file: given.file ?? "flow.dag.yaml", ...given.source };
    await using flow = await engine.load(source);
    seen.set("load", "loaded");
    if (given.batch) await observeBatch(flow, given.batch, seen);
    const { requests = [] } = given;
    for (const request of typeof requests === "function" ? requests(flow.inputs) : requests) {
      const answer = await flow.serve(request);
      noteLine(seen, `serve ${JSON.stringify(request)}`, answer);
      seen.set(`serve ${JSON.stringify(request)}: alone`, answer.isBare === true);
    }
  } catch (error) {
    noteError(seen, "load", bodyOf(error));
  }
  return new Map([...seen].map(([path, value]) => [path, withoutFolder(value, folder)]));
}

type Flow = Awaited<ReturnType<FlowEngine["load"]>>;

async function observeBatch(
  flow: Flow,
  batch: NonNullable<EngineCase["batch"]>,
  seen: Map<string, unknown>,
): Promise<void> {
  const lines: LineResult[] = [];
  try {
    const { metrics, aggregationError } = await flow.runBatch({
      run: null,
      inputsMapping: {},
      ...batch,
      onLine: (line) => lines.push(line),
    });
    for (const [name, value] of Object.entries(metrics)) seen.set(`metric ${name}`, value);
    seen.set("aggregation node that failed", aggregationError?.node ?? null);
    if (aggregationError) noteError(seen, "aggregation", aggregationError.error);
  } catch (error) {
    noteError(seen, "batch", bodyOf(error));
  }
  for (const line of lines) noteLine(seen, `line ${line.lineNumber}`, line);
}

function noteLine(seen: Map<string, unknown>, path: string, line: LineResult): void {
  seen.set(`${path}: status`, line.status);
  seen.set(`${path}: outputs`, line.outputs);
  seen.set(`${path}: nodes`, line.nodes);
  if (line.error) noteError(seen, path, line.error);
}

function noteError(seen: Map<string, unknown>, path: string, body: FlowErrorBody): void {
  seen.set(`${path}: class`, [body.code, ...body.innerCodes].join("/"));
  seen.set(`${path}: message`, body.message);
}

function bodyOf(error: unknown): FlowErrorBody {
  if (error instanceof FlowError) return error.body;
  throw error;
}

/** Each engine has a folder of its own. */
function withoutFolder(value: unknown, folder: string): unknown {
  return typeof value === "string" ? value.replaceAll(folder, "FLOW") : value;
}
