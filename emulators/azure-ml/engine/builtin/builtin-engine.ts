import type { FlowEngine, FlowSource, LoadedFlow } from "#emulators/azure-ml/engine/engine.ts";
import { FlowError } from "#emulators/azure-ml/engine/engine.ts";
import { type Clock, systemClock } from "#emulators/kit/clock.ts";
import type { PythonCommand } from "./check-python.ts";
import { type Connection, Connections, readConnectionsFile } from "./connections.ts";
import { userError } from "./errors.ts";
import { readFlowFile, refuseOtherFlows } from "./flow-file.ts";
import { prepareFolder } from "./flow-folder.ts";
import { loadNodes } from "./load-nodes.ts";
import { createLoadedFlow } from "./loaded-flow.ts";
import { PythonPool } from "./python-pool.ts";
import { validateFlow } from "./validate-flow.ts";

export interface BuiltinEngineOptions {
  /** Program that runs python nodes; default `python3`. */
  readonly python?: PythonCommand;
  /** The model behind connections that nobody defined; an address ending in `/v1` speaks OpenAI's own protocol. */
  readonly modelUrl: string;
  readonly modelKey?: string;
  /** By name; they win over those of the file that PROMPTFLOW_CONNECTIONS names. */
  readonly connections?: Readonly<Record<string, Connection>>;
  /**
   * Environment of the Python processes (default: this process's), and where PF_WORKER_COUNT,
   * PF_LINE_TIMEOUT_SEC and PROMPTFLOW_CONNECTIONS are read.
   */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly clock?: Clock;
}

const DEFAULT_WORKERS = 4;
const DEFAULT_LINE_TIMEOUT_SEC = 600;

/** Runs DAG flows with python, llm and prompt nodes; see README.md beside the engine. */
export function createBuiltinEngine(options: BuiltinEngineOptions): FlowEngine {
  return { load: (source) => load(options, source) };
}

async function load(options: BuiltinEngineOptions, source: FlowSource): Promise<LoadedFlow> {
  const log = source.log ?? (() => undefined);
  refuseOtherFlows(source);
  const prepared = await prepareFolder(source);
  try {
    const flow = await readFlowFile(source, prepared.folder);
    const nodes = validateFlow(flow);
    const connections = new Connections(knownConnections(options), offlineModel(options), log);
    const environment = Object.fromEntries(
      Object.entries({ ...flow.environmentVariables, ...source.environmentVariables }).map(
        ([name, value]) => [name, connections.resolveVariable(value)],
      ),
    );
    const settings = { ...options.env, ...environment };
    const pool = new PythonPool({
      size: readCount(settings, "PF_WORKER_COUNT", DEFAULT_WORKERS),
      python: options.python ?? "python3",
      env: options.env,
      folder: prepared.folder,
      log,
      nodes: nodes.filter(({ type }) => type === "python"),
      environment,
    });
    const dispose = async () => {
      await pool[Symbol.asyncDispose]();
      await prepared[Symbol.asyncDispose]();
    };
    try {
      const loaded = await loadNodes(
        nodes,
        prepared.folder,
        connections,
        source.connections ?? {},
        pool,
      );
      return createLoadedFlow({
        flow,
        nodes,
        loaded,
        lineTimeoutMs: readCount(settings, "PF_LINE_TIMEOUT_SEC", DEFAULT_LINE_TIMEOUT_SEC) * 1_000,
        clock: options.clock ?? systemClock,
        log,
        dispose,
      });
    } catch (error) {
      await pool[Symbol.asyncDispose]();
      throw error;
    }
  } catch (error) {
    await prepared[Symbol.asyncDispose]();
    throw error;
  }
}

function knownConnections({
  connections,
  env,
}: BuiltinEngineOptions): Readonly<Record<string, Connection>> {
  const file = env?.PROMPTFLOW_CONNECTIONS;
  return { ...(file ? readConnectionsFile(file) : {}), ...connections };
}

function offlineModel({ modelUrl, modelKey }: BuiltinEngineOptions) {
  return { url: modelUrl.replace(/\/+$/, ""), key: modelKey ?? "offline" };
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
  throw new FlowError(
    userError(
      ["ValidationError", "InvalidSetting"],
      `${name} is '${text}'; it is a number above 0. Correct the environment variable.`,
    ),
  );
}
