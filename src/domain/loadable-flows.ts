import type { App } from "#domain/bundle/bundle.ts";
import { join } from "#domain/manifest/app-path.ts";
import { parseYaml } from "#domain/manifest/yaml-text.ts";
import { PipelineError, problemWords } from "./errors.ts";
import { flowFolder } from "./flow-folder.ts";
import { type FlowProblem, flowProblems } from "./flow-graph.ts";

/** BUNDLE_INVALID for flows that prompt flow could not load, with everything that shows in their YAML: before anything is created for them. */
export function requireLoadableFlows(app: App): void {
  const problems = [app.baseRun, app.evaluationRun].flatMap((run): readonly FlowProblem[] => {
    const file = join(run.flow, run.flowFile);
    const yaml = parseYaml(file, app.files.get(file) ?? new Uint8Array());
    if ("message" in yaml) return [yaml];
    const { files } = flowFolder(app.files, { ...run, app: app.manifest.name });
    const chosen = run === app.baseRun ? app.manifest.variants : [];
    const variants = run.variant === null ? chosen : [...chosen, run.variant];
    return flowProblems(yaml, variants, (path) => files.has(path));
  });
  const [first] = problems;
  if (first === undefined) return;
  const { file, line, node } = first;
  const where = { file: file ?? null, line: line ?? null, node: node ?? null };
  const message = `The flow cannot be loaded. ${problems.map(problemWords).join(". ")}.`;
  throw new PipelineError("BUNDLE_INVALID", message, { where, problems });
}
