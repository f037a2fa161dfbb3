import {
  type BuiltinEngineOptions,
  createBuiltinEngine,
} from "#emulators/azure-ml/engine/builtin/builtin-engine.ts";
import type { Batch, FlowSource } from "#emulators/azure-ml/engine/engine.ts";
import { aFlow } from "./a-flow.ts";

type Files = Readonly<Record<string, string>>;
type Given = Partial<FlowSource> & { readonly engine?: Partial<BuiltinEngineOptions> };

/** Nobody listens there: only flows without llm nodes may use it. */
const NO_MODEL = "http://127.0.0.1:9";

/** The loaded flow of these files; disposing removes them too. */
export async function loadFlow(files: Files, { engine, ...source }: Given = {}) {
  const flow = await aFlow(files);
  const { folder, file } = flow;
  const builtin = createBuiltinEngine({ modelUrl: NO_MODEL, ...engine });
  try {
    const loaded = await builtin.load({ folder, file, ...source });
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

/** Runs a batch over these rows and disposes everything. */
export async function runFlow(
  files: Files,
  data: Batch["data"],
  { inputsMapping = {}, ...given }: Given & Partial<Pick<Batch, "inputsMapping">> = {},
) {
  await using loaded = await loadFlow(files, given);
  return await loaded.runBatch({ data, run: null, inputsMapping });
}
