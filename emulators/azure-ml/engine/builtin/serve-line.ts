import type { LineResult } from "#emulators/azure-ml/engine/engine.ts";
import { userError } from "./errors.ts";
import type { FlowParts } from "./flow-parts.ts";
import { requiredInputs } from "./inputs.ts";
import { pythonRepr } from "./python-values.ts";
import { runLine } from "./run-line.ts";

/** One request, as prompt flow's server answers it. */
export async function serveLine(
  parts: FlowParts,
  body: Readonly<Record<string, unknown>>,
): Promise<LineResult> {
  const missing = requiredInputs(parts.flow.inputs).filter((name) => !Object.hasOwn(body, name));
  if (missing.length > 0) {
    const now = new Date(parts.clock.now());
    const message = `Required input fields ${pythonRepr([...missing])} are missing in request data ${pythonRepr(body)}. Send a JSON object that has them.`;
    const error = userError("MissingRequiredFlowInput", message);
    const tokens = { prompt: 0, completion: 0 };
    return {
      lineNumber: 0,
      status: "Failed",
      inputs: body,
      outputs: null,
      error,
      nodes: {},
      startedAt: now,
      endedAt: now,
      streams: {},
      tokens,
    };
  }
  const given = parts.entry && Object.keys(body).length === 0 ? parts.entry.sample : body;
  const row = Object.fromEntries(
    Object.keys(parts.flow.inputs)
      .filter((name) => Object.hasOwn(given, name))
      .map((name) => [name, given[name]]),
  );
  const signal = new AbortController().signal;
  const { result } = await runLine(parts, { lineNumber: 0, row }, { signal });
  const outputs = Object.entries(result.outputs ?? {}).filter(([name]) => isShown(parts, name));
  return { ...result, outputs: result.outputs && Object.fromEntries(outputs) };
}

/** The names in PROMPTFLOW_RESPONSE_INCLUDED_FIELDS take the place of what the flow says; what it does not declare stays. */
function isShown({ flow, includedFields }: FlowParts, name: string): boolean {
  const output = flow.outputs[name];
  if (!output) return true;
  return includedFields ? includedFields.includes(name) : !output.evaluationOnly;
}
