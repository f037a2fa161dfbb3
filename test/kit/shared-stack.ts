import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { startStack } from "#emulators/stack/start-stack.ts";

/** Where the parts of the stack that all end-to-end tests share are. */
export interface SharedStack {
  readonly functions: string;
  readonly azureMl: string;
  readonly eventGrid: string;
  /** Connection string. */
  readonly storage: string;
  readonly subscription: string;
  readonly resourceGroup: string;
  readonly workspace: string;
  /** File of everything that the parts printed so far, each line after its part's name. */
  readonly log: string;
}

declare module "vitest" {
  interface ProvidedContext {
    stack: SharedStack;
  }
}

/** One stack for all end-to-end tests: they keep apart by the names of their apps. */
export async function setup(project: TestProject) {
  const data = mkdtempSync(join(tmpdir(), "flowgate-e2e-"));
  const log = join(data, "stack.log");
  const stack = await startStack({
    ports: "free",
    data,
    latency: "none",
    log: (part, line) => appendFileSync(log, `${part}: ${line}\n`),
  });
  const { functions, azureMl, eventGrid, storage, subscription, resourceGroup, workspace } = stack;
  project.provide("stack", {
    functions,
    azureMl,
    eventGrid,
    storage,
    subscription,
    resourceGroup,
    workspace,
    log,
  });
  return async () => {
    await stack.stop();
    rmSync(data, { recursive: true, force: true });
  };
}
