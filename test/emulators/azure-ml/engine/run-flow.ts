import {
  type BuiltinEngineOptions,
  createBuiltinEngine,
} from "#emulators/azure-ml/engine/builtin/builtin-engine.ts";
import type { Batch, FlowEngine, FlowSource } from "#emulators/azure-ml/engine/engine.ts";
import { aFlow } from "./a-flow.ts";

type Files = Readonly<Record<string, string>>;
type Given = Partial<FlowSource> & {
  /** What the built-in engine is told, or another one for the flow of this folder. */
  readonly engine?: Partial<BuiltinEngineOptions> | ((folder: string) => FlowEngine);
};

/** Nobody listens there: only flows without llm nodes may use it. */
const NO_MODEL = "http://127.0.0.1:9";

/** The loaded flow of these files; disposing removes them too. */
export async function loadFlow(files: Files, { engine, ...source }: Given = {}) {
  const flow = await aFlow(files);
  const { folder, file } = flow;
  try {
    const loaded = await engineFor(folder, engine).load({ folder, file, ...source });
    return {
      ...loaded,
      folder,
      async [Symbol.asyncDispose]() {
        await loaded[Symbol.asyncDispose]();
        await flow[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await flow[Symbol.asyncDispose]();
    throw error;
  }
}

function engineFor(folder: string, engine: Given["engine"]): FlowEngine {
  if (typeof engine === "function") return engine(folder);
  return createBuiltinEngine({ modelUrl: NO_MODEL, ...engine });
}

/** Runs a batch over these rows and disposes everything. */
export async function runFlow(
  files: Files,
  data: Batch["data"],
  { inputsMapping = {}, ...given }: Given & Partial<Pick<Batch, "inputsMapping">> = {},
) {
  await using loaded = await loadFlow(files, given);
  return await loaded.runBatch({ data, run: null, inputsMapping });
}
