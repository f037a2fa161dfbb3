import type { App } from "#domain/bundle/bundle.ts";
import type { Problem } from "#domain/errors.ts";
import { type FlowOutline, flowOutline } from "#domain/flow-outline.ts";
import { join } from "#domain/manifest/app-path.ts";
import { nearest } from "#domain/manifest/nearest.ts";
import { parseYaml } from "#domain/manifest/yaml-text.ts";
import { readModelFile } from "./model-file.ts";
import { readSmokeRequest } from "./smoke-request.ts";
import { invalid } from "./yaml-fields.ts";

/**
 * MANIFEST_INVALID for a sample request that the evaluated flow could only refuse, or answer without having been
 * asked: prompt flow ignores keys that it does not know. Another folder than the flow's is nobody's to judge.
 */
export function checkSmokeInputs(app: App): void {
  const { manifest, files, baseRun } = app;
  const source = files.get(manifest.deploy.smoke);
  if (source === undefined || readModelFile(app).folder !== baseRun.flow) return;
  const flow = join(baseRun.flow, baseRun.flowFile);
  const yaml = parseYaml(flow, files.get(flow) ?? new Uint8Array());
  if ("message" in yaml) return;
  const text = new TextDecoder().decode(source);
  const asked = Object.keys(readSmokeRequest(app).inputs);
  const problems = misfits(asked, flowOutline(yaml.value), flow).map(
    ({ key, message }): Problem => ({
      file: manifest.deploy.smoke,
      line: lineOfKey(text, key),
      ...(key === undefined ? {} : { path: key }),
      message,
    }),
  );
  if (problems.length > 0) throw invalid(problems);
}

interface Misfit {
  /** Undefined where it is about the whole request. */
  readonly key?: string;
  readonly message: string;
}

function misfits(asked: readonly string[], { inputs }: FlowOutline, flow: string): Misfit[] {
  if (inputs.length === 0) return [];
  const names = inputs.map(({ name }) => name);
  const free = names.filter((name) => !asked.includes(name));
  const found = asked.flatMap((key): Misfit[] => {
    const near = names.includes(key) ? undefined : nearest(key, free);
    if (near === undefined) return [];
    return [{ key, message: `${flow} has no input ${key}; did you mean ${near}?` }];
  });
  const missing = inputs.filter(({ name, required }) => required && free.includes(name));
  const lacks = missing.map(({ name }) => ({
    message: `lacks ${name}, an input without a default of ${flow}`,
  }));
  if (found.length + lacks.length > 0 || asked.length === 0 || free.length < names.length) {
    return [...found, ...lacks];
  }
  return [{ message: `has no input of ${flow}: it wants ${names.join(", ")}` }];
}

function lineOfKey(text: string, key: string | undefined): number {
  const at = key === undefined ? -1 : text.indexOf(JSON.stringify(key));
  return text.slice(0, Math.max(at, 0)).split("\n").length;
}
