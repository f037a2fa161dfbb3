import type { RunSpec } from "#domain/bundle/bundle.ts";
import type { Problem } from "#domain/errors.ts";
import type { FlowOutline } from "#domain/flow-outline.ts";
import { at } from "./issues.ts";
import { nearest } from "./nearest.ts";
import type { Path, YamlText } from "./yaml-text.ts";

/** A run YAML that was read, and what its flow says of itself. */
export interface RunOfFlow {
  readonly spec: RunSpec;
  readonly yaml: YamlText;
  /** Path of the flow's YAML. */
  readonly flowPath: string;
  readonly outline: FlowOutline;
}

/** Added by prompt flow to each row of outputs. */
const LINE_NUMBER = "line_number";
const BINDING = /^\$\{([^{}]*)\}$/;

/** What a run YAML names and its flow, or the run `before` it, does not have. A flow that says nothing of a kind is not asked for it. */
export function checkRun(run: RunOfFlow, before: RunOfFlow | null): readonly Problem[] {
  const { spec, yaml } = run;
  return [
    ...checkMapping(run, before),
    ...(before === null ? [] : checkUnmapped(run)),
    ...checkVariant(run),
    ...Object.keys(spec.connections)
      .filter((node) => isUnknown(node, run.outline.nodes))
      .map((node) => {
        const message = `${run.flowPath} has no node ${node}${meant(node, run.outline.nodes)}`;
        return at(yaml, ["connections", node], message);
      }),
  ];
}

/** `; did you mean …?`, else what there is. */
export function meant(word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  return near === undefined ? `; it has ${known.join(", ")}` : `; did you mean ${near}?`;
}

/** What is wrong with `${node.variant}`, or undefined. */
export function unknownVariant(text: string, flowPath: string, { variants }: FlowOutline) {
  const [node = "", name = ""] = text.slice(2, -1).split(".");
  if (variants[node]?.includes(name)) return undefined;
  const known = Object.entries(variants).flatMap(([of, names]) =>
    names.map((one) => `\${${of}.${one}}`),
  );
  return `${flowPath} has no ${text}${known.length === 0 ? "" : meant(text, known)}`;
}

function checkVariant({ spec: { variant }, yaml, flowPath, outline }: RunOfFlow): Problem[] {
  const message = variant === null ? undefined : unknownVariant(variant, flowPath, outline);
  return message === undefined ? [] : [at(yaml, ["variant"], message)];
}

function checkMapping(run: RunOfFlow, before: RunOfFlow | null): Problem[] {
  const { spec, yaml, flowPath, outline } = run;
  const names = outline.inputs.map(({ name }) => name);
  const free = names.filter((name) => !Object.hasOwn(spec.columnMapping, name));
  return Object.entries(spec.columnMapping).flatMap(([input, value]) => {
    const path: Path = ["column_mapping", input];
    const near = names.includes(input) ? undefined : nearest(input, free);
    const key =
      near === undefined
        ? []
        : [at(yaml, path, `${flowPath} has no input ${input}; did you mean ${near}?`)];
    const wrong = wrongBinding(value, run, before);
    return wrong === undefined ? key : [...key, at(yaml, path, wrong)];
  });
}

/** What is mapped to nothing is read from data, which an evaluation may lack. */
function checkUnmapped({ spec, yaml, flowPath, outline }: RunOfFlow): Problem[] {
  if (spec.data !== null) return [];
  return outline.inputs
    .filter(({ name, required }) => required && !Object.hasOwn(spec.columnMapping, name))
    .map(({ name }) => {
      const message = `needs ${name}: ${flowPath} has no default for it, and this file no data`;
      return at(yaml, ["column_mapping"], message);
    });
}

function wrongBinding(
  value: string,
  { spec }: RunOfFlow,
  before: RunOfFlow | null,
): string | undefined {
  if (/^(data\.(?!(jsonl?|csv|tsv|txt|parquet)$)|run\.(inputs|outputs)\.)\S+$/.test(value)) {
    return `is the text ${value}; the column is written \${${value}}`;
  }
  if (/^\$\{[^{}]*$/.test(value)) return `${value} is not closed; write ${value}}`;
  const [, source] = BINDING.exec(value) ?? [];
  if (source === undefined) return undefined;

  const [, output] = /^run\.outputs\.(.+)$/.exec(source) ?? [];
  if (before === null) {
    return /^data\../.test(source) ? undefined : `${value} is no column; write \${data.column}`;
  }
  if (output !== undefined) return unknownOutput(value, output, before);
  if (/^data\../.test(source)) {
    return spec.data === null
      ? `${value} needs data in this file; or write \${run.inputs.${source.slice("data.".length)}}`
      : undefined;
  }
  return /^run\.inputs\../.test(source)
    ? undefined
    : `${value} is no column; write \${data.column}, \${run.inputs.column} or \${run.outputs.output}`;
}

function unknownOutput(value: string, output: string, { outline, flowPath }: RunOfFlow) {
  if (output === LINE_NUMBER || !isUnknown(output, outline.outputs)) return undefined;
  return `${value}: ${flowPath} has no output ${output}${meant(output, outline.outputs)}`;
}

function isUnknown(name: string, known: readonly string[]): boolean {
  return known.length > 0 && !known.includes(name);
}
