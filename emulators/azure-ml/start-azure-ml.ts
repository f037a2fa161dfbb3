import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { BackDoor } from "#emulators/kit/back-door.ts";
import { type Clock, systemClock } from "#emulators/kit/clock.ts";
import { type Answer, type Emulator, serve } from "#emulators/kit/serve.ts";
import { KINDS, type WorkspaceConnection } from "./connections/connection.ts";
import { DeploymentWork } from "./endpoints/deployment-work.ts";
import { Serving } from "./endpoints/serving.ts";
import { createEngine, type EngineName } from "./engine/create-engine.ts";
import type { FlowEngine } from "./engine/engine.ts";
import { RunWork } from "./flow-service/run-work.ts";
import { openFrontDoor } from "./front/front-door.ts";
import { addInventory } from "./inventory.ts";
import { latencyProfile } from "./latency.ts";
import { createPlace, type PlaceNames } from "./place.ts";
import type { Service } from "./service.ts";
import { openBlobStorage } from "./storage.ts";
import { openDatabase } from "./store/database.ts";
import { Documents } from "./store/documents.ts";
import { RunLines } from "./store/run-lines.ts";
import { createSurface } from "./surface.ts";
import { addTokens } from "./token-issuer.ts";
import { Work } from "./work.ts";

export interface AzureMlOptions extends PlaceNames {
  /** 0 or left out: a free one. */
  readonly port?: number;
  /** Folder for what survives a restart. */
  readonly data: string;
  /** Connection string of the storage account behind the default datastore. */
  readonly storage: string;
  /** What executes flows; left out, the one of ours that `engineName` says, with `model` and `python`. */
  readonly engine?: FlowEngine;
  /** `builtin` unless given. */
  readonly engineName?: EngineName;
  /** URL of the chat model behind connections that nobody defined. */
  readonly model?: string;
  readonly modelKey?: string | undefined;
  /** `python3` unless given. */
  readonly python?: string;
  /** What flows find in their environment, and where an engine looks for its settings; left out, this process's without the settings. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** `none` (default), `demo` or `real`. */
  readonly latency?: string;
  /** Port that speaks TLS and is a proxy for the names of Azure; 0: a free one; left out, none. */
  readonly tls?: number | undefined;
  readonly clock?: Clock;
  /** Those of the workspace; flows use them too. */
  readonly connections?: readonly WorkspaceConnection[] | undefined;
  /** Cores that compute instances and deployments may have in all; default 10,000. */
  readonly coreLimit?: number | undefined;
  /** 0 up to, but not including, 1: picks deployments by traffic. */
  readonly random?: () => number;
  readonly log?: Service["log"];
}

const DEFAULT_CORES = 10_000;

/** Serves the workspace, and takes up again whatever an earlier process left unfinished. */
export async function startAzureMl(options: AzureMlOptions): Promise<Emulator> {
  const { data, clock = systemClock, random = Math.random, log = () => {} } = options;
  const folder = resolve(data);
  mkdirSync(folder, { recursive: true });
  const engine = options.engine ?? ourEngine(options, folder);
  const place = createPlace(options);
  const latency = latencyProfile(options.latency ?? "none");
  const containerName = `azureml-blobstore-${place.workspaceId}`;
  const storage = await openBlobStorage(options.storage, containerName);
  const database = openDatabase(join(folder, "azure-ml.sqlite"));
  const work = new Work(clock, log);
  const backDoor = new BackDoor(clock);
  const service: Service = {
    place,
    clock,
    latency,
    documents: new Documents(database),
    runLines: new RunLines(database),
    storage,
    engine,
    provisioning: new Set(),
    backDoor,
    work,
    connections: options.connections ?? [],
    coreLimit: options.coreLimit ?? DEFAULT_CORES,
    folder,
    random,
    log,
  };
  const runWork = new RunWork(service);
  addTokens(service);
  addInventory(service);
  const serving = new Serving(service);
  const deploymentWork = new DeploymentWork(service, serving);
  const surface = createSurface(service, { runWork, deploymentWork, serving });
  const answer = backDoor.guard((request) => surface.fetch(request));
  const emulator = await listenOn(options, service, answer).catch((error: unknown) => {
    database.close();
    throw error;
  });
  runWork.takeUp();
  deploymentWork.takeUp();
  return {
    ...emulator,
    async [Symbol.asyncDispose]() {
      await emulator[Symbol.asyncDispose]();
      await work.stop();
      await serving[Symbol.asyncDispose]();
      database.close();
    },
  };
}

/** On the plain port, and on the one that speaks TLS if it is wanted. */
async function listenOn(
  { port = 0, tls }: AzureMlOptions,
  { clock, folder, storage }: Service,
  answer: Answer,
): Promise<Emulator> {
  const plain = await serve(answer, port, clock);
  if (tls === undefined) return plain;
  await using listening = new AsyncDisposableStack();
  listening.use(plain);
  const door = listening.use(await openFrontDoor({ port: tls, folder, answer, storage, clock }));
  const all = listening.move();
  return {
    ...plain,
    urls: { tls: door.url },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

function ourEngine(options: AzureMlOptions, folder: string): FlowEngine {
  const { engineName = "builtin", model, modelKey, python, env, clock, log } = options;
  const { connections = [] } = options;
  if (!model) throw new Error(`The ${engineName} engine needs the URL of a model.`);
  return createEngine(engineName, {
    folder,
    modelUrl: model,
    connections: Object.fromEntries(
      connections.map(({ name, kind, configs, secrets }) => [
        name,
        { type: KINDS[kind].className, value: { ...configs, ...secrets } },
      ]),
    ),
    python: python ?? "python3",
    report: (line) => log?.("packages", { line }),
    ...(modelKey ? { modelKey } : {}),
    ...(env ? { env } : {}),
    ...(clock ? { clock } : {}),
  });
}
