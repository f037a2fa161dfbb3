import { resolve } from "node:path";
import { run } from "#emulators/kit/run.ts";
import { becomeAzurite } from "./azurite-process.ts";

await run("Azurite", ["queue-port", "table-port"], ({ port, data, more }) => {
  const beside = (name: string, distance: number) =>
    Number(more[name] ?? (port === 0 ? 0 : port + distance));
  const ports = { blob: port, queue: beside("queue-port", 1), table: beside("table-port", 2) };
  return becomeAzurite(ports, resolve(data));
});
