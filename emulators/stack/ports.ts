import { createServer, type Server } from "node:net";
import type { StackPorts } from "./layout.ts";

const DEFAULT_PORTS: StackPorts = {
  functions: 7071,
  blob: 10000,
  queue: 10001,
  table: 10002,
  azureMl: 7081,
  eventGrid: 7082,
  model: 7083,
};
const OWNERS: Readonly<Record<keyof StackPorts, string>> = {
  functions: "the Functions host",
  blob: "Azurite's blobs",
  queue: "Azurite's queues",
  table: "Azurite's tables",
  azureMl: "Azure ML",
  eventGrid: "Event Grid",
  model: "the model",
};
const NAMES = Object.keys(OWNERS) as (keyof StackPorts)[];
const HIGHEST_PORT = 65_535;
const HIGHEST_BASE = HIGHEST_PORT - NAMES.length + 1;

/** Which ports to take: the documented ones, a block from a number on, or any that are free. */
export type PortChoice = "default" | "free" | number;

export async function choosePorts(choice: PortChoice): Promise<StackPorts> {
  if (choice === "default") return DEFAULT_PORTS;
  if (choice === "free") return freePorts();
  if (!Number.isInteger(choice) || choice < 1 || choice > HIGHEST_BASE) {
    throw new Error(
      `--port-base is ${choice}; it has to be a whole number from 1 to ${HIGHEST_BASE}.`,
    );
  }
  return {
    functions: choice,
    blob: choice + 1,
    queue: choice + 2,
    table: choice + 3,
    azureMl: choice + 4,
    eventGrid: choice + 5,
    model: choice + 6,
  };
}

export interface WantedPorts {
  readonly ports: StackPorts;
  /** Whether the Functions host's own is taken too. */
  readonly functions: boolean;
  /** One more, for Azure ML's TLS. */
  readonly tls?: number | undefined;
}

/** Rejects with all the taken ones at once, whose they would be, and the way out. */
export async function ensurePortsFree({ ports, functions, tls }: WantedPorts): Promise<void> {
  const wanted = NAMES.filter((name) => functions || name !== "functions").map((name) => ({
    port: ports[name],
    owner: OWNERS[name],
    wayOut: "move the whole stack with --port-base N",
  }));
  if (tls !== undefined) {
    refuseOwnPort(tls, ports);
    wanted.push({ port: tls, owner: "TLS to Azure ML", wayOut: "name another with --tls PORT" });
  }
  const states = await Promise.all(
    wanted.map(async (one) => ({ ...one, error: await tryPort(one.port) })),
  );
  const problems = states.filter(({ error }) => error !== undefined);
  if (problems.length === 0) return;
  const lines = problems.map(
    ({ port, owner, error }) => `Port ${port} on 127.0.0.1, for ${owner}, is ${error}.`,
  );
  const waysOut = [...new Set(problems.map(({ wayOut }) => wayOut))].join(", or ");
  throw new Error([...lines, `Stop what listens there, or ${waysOut}.`].join("\n"));
}

function refuseOwnPort(tls: number, ports: StackPorts): void {
  if (!Number.isInteger(tls) || tls < 1 || tls > HIGHEST_PORT) {
    throw new Error(`--tls is ${tls}; it has to be a whole number from 1 to ${HIGHEST_PORT}.`);
  }
  const owner = NAMES.find((name) => ports[name] === tls);
  if (owner) throw new Error(`--tls is ${tls}, the port of ${OWNERS[owner]}. Name another.`);
}

async function tryPort(port: number): Promise<string | undefined> {
  try {
    await close(await listen(port));
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === "EADDRINUSE" ? "taken" : `not to be had (${code})`;
  }
}

/** All are held until the last is found, so that no two are the same. */
async function freePorts(): Promise<StackPorts> {
  const servers = await Promise.all(NAMES.map(() => listen(0)));
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  });
  await Promise.all(servers.map(close));
  return Object.fromEntries(
    NAMES.map((name, index) => [name, ports[index]]),
  ) as unknown as StackPorts;
}

function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
