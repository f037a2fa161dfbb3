import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { BackDoor } from "#emulators/kit/back-door.ts";
import { type Clock, systemClock } from "#emulators/kit/clock.ts";
import { type Answer, type Emulator, isLoopback, serve } from "#emulators/kit/serve.ts";
import type { DatastoreCredentials } from "./arm/datastores.ts";
import { KINDS, type WorkspaceConnection } from "./connections/connection.ts";
import { type CoreLimits, DEFAULT_LIMITS } from "./core-quota.ts";
import { createEngine, type EngineName } from "./engine/create-engine.ts";
import type { FlowEngine } from "./engine/engine.ts";
import { openFrontDoor } from "./front/front-door.ts";
import { openTokenDoor } from "./front/token-door.ts";
import { addInventory } from "./inventory.ts";
import { latencyProfile } from "./latency.ts";
import { createPlaces, type PlaceNames } from "./place.ts";
import type { Region, Service } from "./service.ts";
import { type BlobStorage, openBlobStorage } from "./storage.ts";
import { openStores } from "./store/workspace-stores.ts";
import { createSurface } from "./surface.ts";
import { addTokens } from "./token-issuer.ts";
import { Work } from "./work.ts";
import { openWorkspace, type Workspace } from "./workspace.ts";

export interface AzureMlOptions extends PlaceNames {
  /** Of each what it leaves out is as in these options; left out, it is one workspace. */
  readonly workspaces?: readonly PlaceNames[] | undefined;
  /** 0 or left out: a free one. */
  readonly port?: number;
  /** Folder for what survives a restart. */
  readonly data: string;
  /** Connection string of the storage account with the containers of the default datastores. */
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
  /** Those of every workspace; flows use them too. */
  readonly connections?: readonly WorkspaceConnection[] | undefined;
  /** Left out: 10,000 in all, and no limits of families. */
  readonly coreLimits?: CoreLimits | undefined;
  /** What the default datastores keep: `AccountKey` (default), `Sas`, or `None` for the caller's own identity. */
  readonly datastoreCredentials?: DatastoreCredentials | undefined;
  /** 0 up to, but not including, 1: picks deployments by traffic. */
  readonly random?: () => number;
  readonly log?: Service["log"];
}

/** Serves the workspaces, and takes up again whatever an earlier process left unfinished. */
export async function startAzureMl(options: AzureMlOptions): Promise<Emulator> {
  const { clock = systemClock, random = Math.random, log = () => {} } = options;
  const folder = resolve(options.data);
  mkdirSync(folder, { recursive: true });
  const engine = options.engine ?? ourEngine(options, folder);
  const latency = latencyProfile(options.latency ?? "none");
  const [first, ...others] = createPlaces(options);
  await using starting = new AsyncDisposableStack();
  const stores = starting.use(openStores(folder, first.workspaceId));
  const work = new Work(clock, log);
  const services: Service[] = [];
  const region: Region = {
    workspaces: services,
    clock,
    latency,
    shared: stores.shared,
    engine,
    openContainer: (name) => openBlobStorage(options.storage, name),
    backDoor: new BackDoor(clock),
    work,
    connections: options.connections ?? [],
    coreLimits: options.coreLimits ?? DEFAULT_LIMITS,
    datastoreCredentials: options.datastoreCredentials ?? "AccountKey",
    random,
    log,
  };
  const workspaces: Workspace[] = [];
  for (const place of [first, ...others]) {
    const container = `azureml-blobstore-${place.workspaceId}`;
    const storage = await region.openContainer(container);
    const door = isKeyless(region, storage)
      ? starting.use(await openTokenDoor(storage, clock))
      : {};
    const store = stores.of(place.workspaceId);
    const workspace = starting.use(openWorkspace(region, place, store, { ...storage, ...door }));
    workspaces.push(workspace);
    services.push(workspace.service);
  }
  addTokens(region);
  addInventory(region);
  starting.defer(() => work.stop());
  const surface = createSurface(region, workspaces);
  const answer = region.backDoor.guard((request) => surface.fetch(request));
  const emulator = starting.use(await listenOn(options, folder, region, answer));
  for (const workspace of workspaces) workspace.takeUp();
  const started = starting.move();
  return { ...emulator, [Symbol.asyncDispose]: () => started.disposeAsync() };
}

/** Azure's own storage takes tokens; what stands in for it on loopback does not. */
function isKeyless({ datastoreCredentials }: Region, { url }: BlobStorage): boolean {
  return datastoreCredentials === "None" && isLoopback(new URL(url).host);
}

/** On the plain port, and on the one that speaks TLS if it is wanted. */
async function listenOn(
  { port = 0, tls }: AzureMlOptions,
  folder: string,
  { clock, workspaces: [first] }: Region,
  answer: Answer,
): Promise<Emulator> {
  const plain = await serve(answer, port, clock);
  if (tls === undefined || !first) return plain;
  await using listening = new AsyncDisposableStack();
  listening.use(plain);
  const { storage } = first;
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
