import { join, resolve } from "node:path";
import { type BuiltinEngineOptions, createBuiltinEngine } from "./builtin/builtin-engine.ts";
import type { FlowEngine } from "./engine.ts";
import { Environments } from "./environment/environments.ts";
import { createPromptflowEngine } from "./promptflow/promptflow-engine.ts";

export const ENGINE_NAMES = ["builtin", "promptflow"] as const;
export type EngineName = (typeof ENGINE_NAMES)[number];

export interface EngineOptions extends Omit<BuiltinEngineOptions, "environments"> {
  /** Where packages are installed, and what prompt flow writes. */
  readonly folder: string;
  /** Progress of an installation, for the console. */
  readonly report?: (line: string) => void;
}

export function createEngine(
  name: EngineName,
  { folder, report, ...options }: EngineOptions,
): FlowEngine {
  const environments = new Environments({
    folder: join(folder, "python"),
    env: options.env,
    ...(report ? { report } : {}),
  });
  switch (name) {
    case "builtin":
      return createBuiltinEngine({ ...options, environments });
    case "promptflow":
      return createPromptflowEngine({
        ...options,
        env: options.env ?? {},
        environments,
        home: resolve(folder, "promptflow"),
      });
  }
}

/** Throws Error that says which there are. */
export function readEngineName(text: string): EngineName {
  const name = ENGINE_NAMES.find((known) => known === text);
  if (name) return name;
  throw new Error(`The engine is "${text}"; it has to be one of ${ENGINE_NAMES.join(", ")}.`);
}
