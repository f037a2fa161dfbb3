import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "#emulators/kit/run.ts";
import { serve } from "#emulators/kit/serve.ts";

/** Stands in for a part of the stack: answers with its arguments and settings, and notes when it stops. */
await run(
  "stand-in",
  [
    "app",
    "storage",
    "model",
    "latency",
    "python",
    "engine",
    "tls",
    "subscription",
    "resource-group",
    "workspace",
  ],
  async ({ port, data, more }) => {
    const { env, execArgv } = process;
    const server = await serve(() => Response.json({ data, more, env, execArgv }), port);
    return {
      ...server,
      async [Symbol.asyncDispose]() {
        await server[Symbol.asyncDispose]();
        if (more.storage) appendFileSync(join(data, "..", "stopped.txt"), "azureMl\n");
        if (more.app) appendFileSync(join(data, "stopped.txt"), "functions\n");
      },
    };
  },
);
