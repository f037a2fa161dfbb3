import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PythonCommand } from "#emulators/azure-ml/engine/builtin/check-python.ts";
import {
  AZURE,
  type Connection,
  Connections,
  knownConnections,
  OPEN_AI,
  offlineModel,
} from "#emulators/azure-ml/engine/builtin/connections.ts";
import type { FlowEngine, FlowSource, LoadedFlow } from "#emulators/azure-ml/engine/engine.ts";
import type { Environments } from "#emulators/azure-ml/engine/environment/environments.ts";
import { flowRequirements } from "#emulators/azure-ml/engine/environment/flow-requirements.ts";
import type { Requirements } from "#emulators/azure-ml/engine/environment/requirements.ts";
import { loadPromptflow } from "./loaded-promptflow.ts";
import { PromptflowProcess } from "./promptflow-process.ts";

export interface PromptflowEngineOptions {
  readonly environments: Environments;
  /** Absolute path for what prompt flow itself writes. */
  readonly home: string;
  /** The Python below the environments; default `python3`. */
  readonly python?: PythonCommand;
  /** As for the built-in engine. */
  readonly modelUrl: string;
  readonly modelKey?: string;
  readonly connections?: Readonly<Record<string, Connection>>;
  /** Of the processes that run flows. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

const WANTED = ["promptflow~=1.18.0", "promptflow-tools~=1.6"];
/** prompt flow would send usage data, also where nobody can receive it. */
const SETTINGS = "telemetry:\n  enabled: false\n";
const WITHOUT_TELEMETRY = {
  APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED: "true",
  APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL: "true",
};

/** Runs flows with prompt flow itself, from PyPI; see README.md beside the engines. */
export function createPromptflowEngine(options: PromptflowEngineOptions): FlowEngine {
  return {
    prepare: async (source) => void (await environmentOf(options, source)),
    load: (source) => load(options, source),
  };
}

async function environmentOf(
  { environments, python = "python3" }: PromptflowEngineOptions,
  source: FlowSource,
): Promise<PythonCommand> {
  const log = source.log ?? (() => undefined);
  const wanted = await flowRequirements(source);
  const base = await environments.pythonWith(promptflowItself(source.folder), python, log);
  return environments.pythonWith(wanted, base, log);
}

function promptflowItself(folder: string): Requirements {
  const packages = WANTED.map((text) => ({
    text,
    name: text.replace(/~=.*/, ""),
    where: "the engine itself",
  }));
  return { folder, packages, options: [] };
}

async function load(options: PromptflowEngineOptions, source: FlowSource): Promise<LoadedFlow> {
  const log = source.log ?? (() => undefined);
  const python = await environmentOf(options, source);
  const kept = await mkdtemp(join(tmpdir(), "flowgate-promptflow-"));
  const dispose = () => rm(kept, { recursive: true, force: true });
  try {
    const connectionsFile = join(kept, "connections.json");
    await writeFile(connectionsFile, connectionsFor(options), { mode: 0o600 });
    await mkdir(options.home, { recursive: true });
    await writeFile(join(options.home, "pf.yaml"), SETTINGS);
    const env = {
      ...options.env,
      ...WITHOUT_TELEMETRY,
      PF_HOME_DIRECTORY: options.home,
    };
    return await loadPromptflow({
      start: () => new PromptflowProcess({ python, folder: source.folder, env, log }),
      load: {
        folder: source.folder,
        file: source.file,
        variant: source.variant ?? null,
        connections: source.connections ?? {},
        environment: source.environmentVariables ?? {},
        init: source.init ?? {},
        connectionsFile,
      },
      dispose,
    });
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** Ours by name, and what stands in for a model connection that nobody defined. */
function connectionsFor(options: PromptflowEngineOptions): string {
  const known = knownConnections(options);
  const offline = offlineModel(options);
  const standIns = new Connections({}, offline, () => {});
  const withModule = (connection: Connection) => ({
    ...connection,
    module: "promptflow.connections",
  });
  return JSON.stringify({
    known: Object.fromEntries(
      Object.entries(known).map(([name, connection]) => [name, withModule(connection)]),
    ),
    offline: {
      url: offline.url,
      type: standIns.forModel("").type,
      connections: Object.fromEntries(
        [AZURE, OPEN_AI].map((type) => [type, withModule(standIns.forModel("", type))]),
      ),
    },
  });
}
