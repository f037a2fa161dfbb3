import { z } from "zod";
import type { FlowEngine, FlowSource, LoadedFlow, Row } from "#emulators/azure-ml/engine/engine.ts";
import { FlowError } from "#emulators/azure-ml/engine/engine.ts";
import type { Environments } from "#emulators/azure-ml/engine/environment/environments.ts";
import { flowRequirements } from "#emulators/azure-ml/engine/environment/flow-requirements.ts";
import { type Clock, systemClock } from "#emulators/kit/clock.ts";
import type { PythonCommand } from "./check-python.ts";
import { type Connection, Connections, knownConnections, offlineModel } from "./connections.ts";
import { flowError, userError } from "./errors.ts";
import type { FlexFile } from "./flex-file.ts";
import { readDefinition } from "./flow-definition-file.ts";
import type { FlowFile } from "./flow-file.ts";
import { prepareFolder } from "./flow-folder.ts";
import type { FlowNode } from "./flow-node.ts";
import type { FlowDefinition } from "./flow-parts.ts";
import { entryNode, loadFlex } from "./load-flex.ts";
import { loadNodes } from "./load-nodes.ts";
import { loadPromptyFlow } from "./load-prompty.ts";
import { createLoadedFlow } from "./loaded-flow.ts";
import { consultPrompty } from "./prompty-consultant.ts";
import type { Environment, PromptyFile } from "./prompty-file.ts";
import { PythonPool } from "./python-pool.ts";
import { isDict } from "./python-values.ts";
import { validateFlow } from "./validate-flow.ts";

export interface BuiltinEngineOptions {
  /** Program that runs python nodes; default `python3`. */
  readonly python?: PythonCommand;
  /** Where packages of a flow's requirements.txt that this Python lacks are installed; without it nothing is. */
  readonly environments?: Environments;
  /** The model behind connections that nobody defined; an address ending in `/v1` speaks OpenAI's own protocol. */
  readonly modelUrl: string;
  readonly modelKey?: string;
  /** By name; they win over those of the file that PROMPTFLOW_CONNECTIONS names. */
  readonly connections?: Readonly<Record<string, Connection>>;
  /**
   * Environment of the Python processes (default: this process's), and where PF_WORKER_COUNT,
   * PF_LINE_TIMEOUT_SEC, PF_BATCH_TIMEOUT_SEC and PROMPTFLOW_CONNECTIONS are read.
   */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly clock?: Clock;
}

const DEFAULT_WORKERS = 4;
/** Lines that may wait for a model at once where nobody says how many; python nodes are bounded by their workers. */
const DEFAULT_LINES_AT_ONCE = 32;
const DEFAULT_LINE_TIMEOUT_SEC = 600;

/** Runs DAG flows, flex flows and prompties; see README.md beside the engine. */
export function createBuiltinEngine(options: BuiltinEngineOptions): FlowEngine {
  return {
    prepare: async (source) => void (await pythonFor(options, source)),
    load: (source) => load(options, source),
  };
}

async function pythonFor(
  { environments, python = "python3" }: BuiltinEngineOptions,
  source: FlowSource,
): Promise<PythonCommand> {
  if (!environments) return python;
  const wanted = await flowRequirements(source);
  return environments.pythonWith(wanted, python, source.log ?? (() => undefined));
}

async function load(options: BuiltinEngineOptions, source: FlowSource): Promise<LoadedFlow> {
  const python = await pythonFor(options, source);
  const prepared = await prepareFolder(source);
  const stack = new AsyncDisposableStack();
  stack.use(prepared);
  try {
    return await loadInto(stack, { ...options, python }, { ...source, folder: prepared.folder });
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

async function loadInto(
  stack: AsyncDisposableStack,
  options: BuiltinEngineOptions & { readonly python: PythonCommand },
  source: FlowSource,
): Promise<LoadedFlow> {
  const { folder, log = () => undefined } = source;
  const file = await readDefinition(source, folder, {
    ...options.env,
    ...source.environmentVariables,
  });
  const connections = new Connections(knownConnections(options), offlineModel(options), log);
  const environment = Object.fromEntries(
    Object.entries({ ...file.environmentVariables, ...source.environmentVariables }).map(
      ([name, value]) => [name, connections.resolveVariable(value)],
    ),
  );
  const settings = { ...options.env, ...environment };
  const clock = options.clock ?? systemClock;
  const means = { connections, settings, clock };
  const pool = stack.use(
    new PythonPool({
      size: readCount(settings, "PF_WORKER_COUNT", DEFAULT_WORKERS),
      python: options.python,
      env: options.env,
      folder,
      log,
      nodes: pythonNodes(file),
      environment,
      consult: (question) => consultPrompty(question, means),
    }),
  );
  const parts = {
    ...(await loadDefinition(file, source, { connections, pool, settings })),
    folder,
    linesAtOnce: readCount(settings, "PF_WORKER_COUNT", DEFAULT_LINES_AT_ONCE),
    lineTimeoutMs: readCount(settings, "PF_LINE_TIMEOUT_SEC", DEFAULT_LINE_TIMEOUT_SEC) * 1_000,
    batchTimeoutMs: settings.PF_BATCH_TIMEOUT_SEC
      ? readCount(settings, "PF_BATCH_TIMEOUT_SEC", 0) * 1_000
      : undefined,
    includedFields: readFields(settings),
    clock,
    log,
    dispose: () => stack.disposeAsync(),
  };
  return createLoadedFlow(parts);
}

type DefinitionFile = FlowFile | FlexFile | PromptyFile;

function pythonNodes(file: DefinitionFile): readonly FlowNode[] {
  switch (file.kind) {
    case "dag":
      return file.nodes.filter(({ type }) => type === "python");
    case "flex":
      return [entryNode(file)];
    case "prompty":
      return [];
  }
}

interface Means {
  readonly connections: Connections;
  readonly pool: PythonPool;
  readonly settings: Environment;
}

async function loadDefinition(
  file: DefinitionFile,
  source: FlowSource,
  { connections, pool, settings }: Means,
): Promise<FlowDefinition> {
  switch (file.kind) {
    case "dag": {
      const nodes = validateFlow(file);
      const means = { overrides: source.connections ?? {}, format: file.messageFormat };
      const loaded = await loadNodes(nodes, source.folder, connections, means, pool);
      return { flow: file, nodes, loaded, entry: undefined };
    }
    case "flex":
      return loadFlex(file, nonEmpty(source.init) ?? initOf(settings), connections, pool);
    case "prompty":
      return loadPromptyFlow(file, connections, settings, pool);
  }
}

/** The outputs that a deployment's answers are cut down to. */
function readFields({ PROMPTFLOW_RESPONSE_INCLUDED_FIELDS: text }: Environment) {
  if (!text) return undefined;
  try {
    return z.array(z.string()).parse(JSON.parse(text));
  } catch (error) {
    throw new FlowError(
      userError(
        "InvalidSetting",
        `PROMPTFLOW_RESPONSE_INCLUDED_FIELDS is not a JSON list of output names: ${text}. Correct the environment variable.`,
      ),
      { cause: error },
    );
  }
}

/** Where a deployment says what its flex flow is built with. */
function initOf({ PF_FLOW_INIT_CONFIG: text }: Environment): Row | undefined {
  if (!text) return undefined;
  try {
    const init: unknown = JSON.parse(text);
    if (isDict(init)) return init;
  } catch {
    // Told below, like JSON that is no object.
  }
  throw flowError(
    "InvalidSetting",
    `PF_FLOW_INIT_CONFIG is not a JSON object: ${text}. Correct the environment variable.`,
  );
}

function readCount(
  settings: Readonly<Record<string, string | undefined>>,
  name: string,
  fallback: number,
): number {
  const text = settings[name];
  if (text === undefined || text === "") return fallback;
  const count = Number(text);
  if (Number.isFinite(count) && count > 0) return count;
  throw flowError(
    "InvalidSetting",
    `${name} is '${text}'; it is a number above 0. Correct the environment variable.`,
  );
}

function nonEmpty(init: Row | undefined): Row | undefined {
  return init && Object.keys(init).length > 0 ? init : undefined;
}
