import type { Figure } from "./measures.ts";
import { startPart } from "./part.ts";

const LATENCY_MS = 50;
const AT_ONCE = 20;
const LLM_ROWS = 1_000;
const PYTHON_ROWS = 10_000;
/** What the model alone takes, and little more. */
const LLM_TARGET_S = ((LLM_ROWS / AT_ONCE) * LATENCY_MS * 1.15) / 1000;

/** Rows through the engine of the Azure ML emulator, without the service around it. */
export async function measureFlows(): Promise<readonly Figure[]> {
  await using model = await startPart("parts/literal-model.ts", [String(LATENCY_MS)], {
    serves: true,
  });
  const llm = await batch("llm", LLM_ROWS, [model.url, String(AT_ONCE)]);
  const python = await batch("python", PYTHON_ROWS, [model.url]);
  return [
    { name: "1,000 rows through an llm node", value: llm.seconds, unit: "s", target: LLM_TARGET_S },
    { name: "llm node: peak memory", value: llm.peak, unit: "MiB" },
    { name: "rows through a python node", value: PYTHON_ROWS / python.seconds, unit: "per s" },
    { name: "python node: peak memory", value: python.peak, unit: "MiB" },
  ];
}

async function batch(kind: string, size: number, more: readonly string[]) {
  await using part = await startPart("parts/batch.ts", [kind, String(size), ...more]);
  const { seconds, completed } = await part.told<{ seconds: number; completed: number }>();
  if (completed !== size) throw new Error(`${completed} of ${size} lines completed.`);
  return { seconds, peak: await part.peak() };
}
