import { basename } from "node:path";
import { z } from "zod";
import type { Clock } from "#emulators/kit/clock.ts";
import type { Connections } from "./connections.ts";
import { callPrompty, loadPrompty, renderPrompty } from "./prompty.ts";
import { type Environment, readPromptyFile } from "./prompty-file.ts";
import { pythonRepr } from "./python-values.ts";

const Values = z.record(z.string(), z.unknown());
const Question = z.object({
  prompty: z.enum(["describe", "call", "render"]),
  path: z.string(),
  overrides: Values,
  inputs: Values,
});

export interface PromptyMeans {
  readonly connections: Connections;
  readonly settings: Environment;
  readonly clock: Clock;
}

/** What `Prompty` in a tool or a flex flow asks for. Rejects with Error for what it cannot have. */
export async function consultPrompty(
  question: unknown,
  { connections, settings, clock }: PromptyMeans,
): Promise<unknown> {
  const { prompty: what, path, overrides, inputs } = Question.parse(question);
  const file = await readPromptyFile(path, basename(path), settings, overrides);
  const prompty = loadPrompty(file, connections, settings);
  switch (what) {
    case "describe":
      return { streams: file.parameters.stream === true };
    case "render":
      return pythonRepr(await renderPrompty(prompty, inputs));
    case "call": {
      const { output } = await callPrompty(prompty, inputs, {
        signal: new AbortController().signal,
        clock,
      });
      return output;
    }
  }
}
