import { mkdir } from "node:fs/promises";
import { createServer } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import type { Emulator } from "#emulators/kit/serve.ts";
import { keepIndexJournals } from "./index-journal.ts";
import { useNarrowestIndexes } from "./index-lookups.ts";

export interface AzuritePorts {
  /** 0 takes a free one. */
  readonly blob: number;
  readonly queue: number;
  readonly table: number;
}

type Service = keyof AzuritePorts;

const SERVICES = ["blob", "queue", "table"] as const;
const STOP_MS = 1_500;

/**
 * Turns this process into Azurite. Its entry point reads `process.argv`, returns nothing and reports
 * only by printing, so that is what is listened to.
 */
export async function becomeAzurite(ports: AzuritePorts, data: string): Promise<Emulator> {
  await mkdir(data, { recursive: true });
  for (const service of SERVICES) await ensureFree(service, ports[service]);
  const printed = listenToOutput();
  process.argv = [process.execPath, "azurite", ...azuriteArguments(ports, data)];
  keepIndexJournals();
  useNarrowestIndexes();
  const shutdown = shutdownOnceUp();
  // @ts-expect-error Azurite ships no types.
  await import("azurite/dist/src/azurite.js");
  const stop = await shutdown;
  const urls = Object.fromEntries(
    SERVICES.map((service) => [service, `${printed.address(service)}/devstoreaccount1`]),
  );
  const { port } = new URL(printed.address("blob"));
  return {
    url: printed.address("blob"),
    port: Number(port),
    urls,
    async [Symbol.asyncDispose]() {
      stop();
      await Promise.race([printed.allClosed, wait(STOP_MS, undefined, { ref: false })]);
    },
  };
}

function azuriteArguments(ports: AzuritePorts, data: string): string[] {
  const endpoints = SERVICES.flatMap((service) => [
    `--${service}Host`,
    "127.0.0.1",
    `--${service}Port`,
    String(ports[service]),
  ]);
  const switches = ["--silent", "--disableTelemetry", "--skipApiVersionCheck"];
  return [...endpoints, "--location", data, ...switches];
}

/** Azurite registers its shutdown for SIGTERM last of all; we call it ourselves, so that it never runs twice. */
function shutdownOnceUp(): Promise<() => void> {
  return new Promise((resolve) => {
    const seen = (event: string | symbol, listener: (...args: never[]) => void) => {
      if (event !== "SIGTERM") return;
      process.off("newListener", seen);
      setImmediate(() => {
        for (const signal of ["SIGINT", "SIGTERM"]) process.removeAllListeners(signal);
        resolve(() => listener());
      });
    };
    process.on("newListener", seen);
  });
}

interface Output {
  address(service: Service): string;
  readonly allClosed: Promise<void>;
}

function listenToOutput(): Output {
  const addresses = new Map<string, string>();
  const closed = new Set<string>();
  const { promise: allClosed, resolve } = Promise.withResolvers<void>();
  console.log = (line: unknown) => {
    const text = String(line);
    const up = /^Azurite (\w+) service is successfully listening at (\S+)$/.exec(text);
    if (up?.[1] && up[2]) addresses.set(up[1].toLowerCase(), up[2]);
    const down = /^Azurite (\w+) service successfully closed$/.exec(text);
    if (down?.[1]) closed.add(down[1]);
    if (closed.size === SERVICES.length) resolve();
  };
  return {
    allClosed,
    address(service) {
      const address = addresses.get(service);
      if (!address) throw new Error(`Azurite did not say where its ${service} service listens.`);
      return address;
    },
  };
}

/** Azurite's own report of a taken port does not say which service wanted it. */
function ensureFree(service: Service, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", (error: NodeJS.ErrnoException) => {
      const taken = error.code === "EADDRINUSE";
      const message = `Port ${port} on 127.0.0.1, for Azurite's ${service} service, is taken.`;
      reject(taken ? new Error(message, { cause: error }) : error);
    });
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve()));
  });
}
