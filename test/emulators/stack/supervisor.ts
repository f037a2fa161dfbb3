import { startStack } from "#emulators/stack/start-stack.ts";
import { aStack } from "./sandbox.ts";

// A supervisor in a process of its own, so that a test can kill it.
const [data = ""] = process.argv.slice(2);
await startStack(aStack({ data, warn: (message) => process.send?.(message) }));
process.send?.("ready");
