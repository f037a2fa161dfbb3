import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { serve } from "#emulators/kit/serve.ts";
import { startStack } from "#emulators/stack/start-stack.ts";
import { aDataFolder, anApp, aStack } from "./sandbox.ts";

test("every taken port is named with its part, and nothing is started", async () => {
  await using taken = await serve(() => new Response());
  const { port } = taken;
  const log: string[] = [];

  const options = aStack({ ports: port - 5, log: (part) => void log.push(part) });
  await expect(startStack(options)).rejects.toThrow(
    `Port ${port} on 127.0.0.1, for Event Grid, is taken.\nStop what listens there, or move the whole stack with --port-base N.`,
  );
  expect(log).toEqual([]);
});

test("a taken port for TLS has a way out of its own", async () => {
  await using taken = await serve(() => new Response());
  const { port } = taken;

  await expect(startStack(aStack({ tls: port }))).rejects.toThrow(
    `Port ${port} on 127.0.0.1, for TLS to Azure ML, is taken.\nStop what listens there, or name another with --tls PORT.`,
  );
  await expect(startStack(aStack({ tls: port, ports: port - 5 }))).rejects.toThrow(
    `--tls is ${port}, the port of Event Grid. Name another.`,
  );
});

test.each([0, 65_536, 1.5])("--tls %d is refused", async (tls) => {
  await expect(startStack(aStack({ tls }))).rejects.toThrow(
    `--tls is ${tls}; it has to be a whole number from 1 to 65535.`,
  );
});

test.each([0, -1, 1.5, 65_530, Number.NaN])("--port-base %d is refused", async (ports) => {
  await expect(startStack(aStack({ ports }))).rejects.toThrow(
    `--port-base is ${ports}; it has to be a whole number from 1 to 65529.`,
  );
});

test("a data folder belongs to one stack at a time", async () => {
  const options = aStack();
  await using stack = await startStack(options);

  await expect(startStack(aStack({ data: options.data }))).rejects.toThrow(
    `A stack already runs on the data folder ${options.data} (pid ${process.pid}, ${stack.functions}). Stop it, or choose another folder with --data DIR.`,
  );
  expect(existsSync(stack.stackFile)).toBe(true);
});

test("a stack.json that nobody stands behind is removed before the start", async () => {
  const data = aDataFolder();
  writeFileSync(join(data, "stack.json"), '{"pid":1}');

  await expect(startStack(aStack({ data, ports: -1 }))).rejects.toThrow("--port-base");

  expect(existsSync(join(data, "stack.json"))).toBe(false);
});

test.each([true, false])("an app that does not build is told, functions: %s", async (functions) => {
  const app = anApp();
  rmSync(join(app, "dist"), { recursive: true });

  await expect(startStack(aStack({ app, functions }))).rejects.toThrow(
    /^The app could not be built: [\s\S]*build\.ts/,
  );
});

test("without Python nothing is started", async () => {
  await expect(startStack(aStack({ python: "python-of-nobody" }))).rejects.toThrow(
    "python-of-nobody",
  );
});

test("a part that does not start is named with its own words, and the others are stopped", async () => {
  const lines: string[] = [];
  const options = aStack({ log: (part) => void lines.push(part) });
  const scripts = { ...options.scripts, functions: "/nowhere/main.ts" };

  await expect(startStack({ ...options, scripts })).rejects.toThrow(
    /^The Functions host did not start: [\s\S]*Cannot find module '\/nowhere\/main\.ts'/,
  );

  expect(readFileSync(join(options.data, "stopped.txt"), "utf8")).toBe("azureMl\n");
  expect(existsSync(join(options.data, "stack.json"))).toBe(false);
});

test("a start that is given up stops what was started", async () => {
  const stop = new AbortController();
  const options = aStack({
    signal: stop.signal,
    log: (part) => part === "azureMl" && stop.abort(),
  });

  await expect(startStack(options)).rejects.toThrow("aborted");

  expect(readFileSync(join(options.data, "stopped.txt"), "utf8")).toBe("azureMl\n");
});

test("an app that is not built is built first, and a build that fails is told", async () => {
  const app = anApp();
  writeFileSync(join(app, "package-lock.json"), "{}");

  await expect(startStack(aStack({ app }))).rejects.toThrow(
    /^The app could not be built: [\s\S]*scripts\/build\.ts/,
  );
});
