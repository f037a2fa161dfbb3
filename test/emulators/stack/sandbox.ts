import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { StackFile } from "#emulators/stack/layout.ts";
import type { StackOptions } from "#emulators/stack/start-stack.ts";

const REPOSITORY = resolve(import.meta.dirname, "../../..");
const STAND_IN = join(import.meta.dirname, "stand-in/main.ts");

/** A folder that passes for a built app. */
export function anApp(): string {
  const app = mkdtempSync(join(tmpdir(), "app-"));
  mkdirSync(join(app, "dist"));
  writeFileSync(join(app, "dist/main.js"), "");
  cpSync(join(REPOSITORY, "local.settings.sample.json"), join(app, "local.settings.sample.json"));
  return app;
}

export function aDataFolder(): string {
  return mkdtempSync(join(tmpdir(), "stack-"));
}

/** A stack on free ports with the real storage and events, and stand-ins for what would run Python and the app. */
export function aStack(options: Partial<StackOptions> = {}): StackOptions {
  return {
    ports: "free",
    data: aDataFolder(),
    app: anApp(),
    scripts: { azureMl: STAND_IN, functions: STAND_IN, model: STAND_IN },
    ...options,
  };
}

export function readStackFile(data: string): StackFile {
  return JSON.parse(readFileSync(join(data, "stack.json"), "utf8")) as StackFile;
}
