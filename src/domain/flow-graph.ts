import { z } from "zod";
import type { Problem } from "./errors.ts";
import { circleOf } from "./flow-circle.ts";
import { at } from "./manifest/issues.ts";
import { nearest } from "./manifest/nearest.ts";
import type { Path, YamlText } from "./manifest/yaml-text.ts";

const NODE_TYPES = ["python", "llm", "prompt", "custom_llm", "csharp"];
const INPUT_TYPES = [
  "int",
  "double",
  "bool",
  "string",
  "list",
  "object",
  "image",
  "file_path",
  "secret",
  "prompt_template",
  "assistant_definition",
];

const Source = z.object({ type: z.string().default("code"), path: z.string() });
const Node = z.object({
  type: z.string().optional().catch(undefined),
  source: Source.optional().catch(undefined),
  inputs: z.record(z.string(), z.unknown()).catch({}),
  activate: z.object({ when: z.unknown() }).optional().catch(undefined),
});

/** A problem that says in which node it is, where it is in one. */
export interface FlowProblem extends Problem {
  readonly node?: string;
}

/** A definition of a node: its own, or that of one of its variants. */
interface Definition {
  readonly name: string;
  readonly path: Path;
  readonly value: unknown;
}

/**
 * What keeps prompt flow from loading a flow, as far as its YAML alone shows it: names that are there twice or not at
 * all, types that nobody knows, files that are missing, nodes that wait for each other. Of variants those count that are `chosen` (`${node.variant}`),
 * else the default; `has` knows the files of the flow's folder.
 */
export function flowProblems(
  yaml: YamlText,
  chosen: readonly string[],
  has: (path: string) => boolean,
): FlowProblem[] {
  const flow = mapOf(yaml.value);
  if (!Array.isArray(flow.nodes ?? [])) {
    return [at(yaml, ["nodes"], "has to be a list; each node begins with a hyphen")];
  }
  const nodes = z.array(z.unknown()).catch([]).parse(flow.nodes);
  const names = nodes.map((node) => mapOf(node).name);
  const known: Known = {
    inputs: Object.keys(mapOf(flow.inputs)),
    nodes: names.filter(isText),
    has,
  };
  const definitions = nodes.flatMap((node, index): Definition[] => {
    const name = names[index];
    const own = isText(name) && mapOf(node).use_variants !== true;
    return own ? [{ name, path: ["nodes", index], value: node }] : [];
  });
  return [
    ...inputProblems(yaml, mapOf(flow.inputs)),
    ...nameProblems(yaml, names),
    ...[...definitions, ...variantsIn(flow, chosen)].flatMap((one) =>
      nodeProblems(yaml, one, known),
    ),
    ...circleProblems(yaml, definitions),
    ...outputProblems(yaml, mapOf(flow.outputs), known),
  ];
}

interface Known {
  readonly inputs: readonly string[];
  readonly nodes: readonly string[];
  has(path: string): boolean;
}

function inputProblems(yaml: YamlText, inputs: Readonly<Record<string, unknown>>): FlowProblem[] {
  return Object.entries(inputs).flatMap(([name, input]) => {
    const { type } = mapOf(input);
    if (!isText(type) || INPUT_TYPES.includes(type)) return [];
    const message = `${type} is no type of an input${meantOf(type, INPUT_TYPES)}`;
    return [at(yaml, ["inputs", name, "type"], message)];
  });
}

function nameProblems(yaml: YamlText, names: readonly unknown[]): FlowProblem[] {
  return names.flatMap((name, index) => {
    const path = ["nodes", index, "name"];
    if (!isText(name)) return [at(yaml, path, "a node needs a name")];
    if (names.indexOf(name) === index) return [];
    return [{ ...at(yaml, path, `there are two nodes ${name}; rename one`), node: name }];
  });
}

function variantsIn(
  { node_variants }: Readonly<Record<string, unknown>>,
  chosen: readonly string[],
): Definition[] {
  return Object.entries(mapOf(node_variants)).flatMap(([name, varied]) => {
    const { variants, default_variant_id } = mapOf(varied);
    const known = Object.entries(mapOf(variants));
    const named = known.filter(([variant]) => chosen.includes(`\${${name}.${variant}}`));
    const used = named.length > 0 ? named : known.filter(([id]) => id === default_variant_id);
    return used.map(([variant, value]) => ({
      name,
      path: ["node_variants", name, "variants", variant, "node"],
      value: mapOf(value).node,
    }));
  });
}

function nodeProblems(
  yaml: YamlText,
  { name, path, value }: Definition,
  known: Known,
): FlowProblem[] {
  const { type, source, inputs, activate } = Node.catch({ inputs: {} }).parse(value);
  const problem = (inner: Path, message: string): FlowProblem => ({
    ...at(yaml, [...path, ...inner], message),
    node: name,
  });
  const found: FlowProblem[] = [];
  if (type !== undefined && !NODE_TYPES.includes(type)) {
    found.push(problem(["type"], `${type} is no type of a node${meantOf(type, NODE_TYPES)}`));
  }
  if (source?.type === "code" && !known.has(source.path.replace(/^(\.\/)+/, ""))) {
    found.push(problem(["source", "path"], `${source.path} is not in the flow's folder`));
  }
  for (const [input, text] of Object.entries(inputs)) {
    const wrong = wrongReference(text, known);
    if (wrong !== undefined) found.push(problem(["inputs", input], wrong));
  }
  const when = wrongReference(activate?.when, known);
  if (when !== undefined) found.push(problem(["activate", "when"], when));
  return found;
}

/** Variants are left out: which of them meet, each run decides. */
function circleProblems(yaml: YamlText, definitions: readonly Definition[]): FlowProblem[] {
  const needs = definitions.map(({ name, value }) => {
    const { inputs, activate } = Node.catch({ inputs: {} }).parse(value);
    const texts = [...Object.values(inputs), activate?.when];
    const inner = texts.flatMap((text) => innerOf(text) ?? []);
    return [name, inner.filter((text) => !INPUT.test(text)).map(nodeOf)] as const;
  });
  const circle = circleOf(new Map(needs));
  const first = definitions.find(({ name }) => name === circle?.[0]);
  if (circle === undefined || first === undefined) return [];
  const words = `${[...circle, first.name].join(" needs ")}; remove one of these references`;
  return [{ ...at(yaml, first.path, words), node: first.name }];
}

function outputProblems(
  yaml: YamlText,
  outputs: Readonly<Record<string, unknown>>,
  known: Known,
): FlowProblem[] {
  return Object.entries(outputs).flatMap(([name, output]) => {
    const wrong = wrongReference(mapOf(output).reference, known);
    return wrong === undefined ? [] : [at(yaml, ["outputs", name, "reference"], wrong)];
  });
}

function wrongReference(text: unknown, { inputs, nodes }: Known): string | undefined {
  const inner = innerOf(text);
  if (inner === undefined) return undefined;
  const [, input] = INPUT.exec(inner) ?? [];
  if (input !== undefined) {
    return inputs.includes(input)
      ? undefined
      : `${text}: the flow has no input ${input}${meantOf(input, inputs)}`;
  }
  const node = nodeOf(inner);
  return nodes.includes(node)
    ? undefined
    : `${text}: there is no node ${node}${meantOf(node, nodes)}`;
}

const INPUT = /^(?:inputs|flow)\.(.+)$/;

function nodeOf(reference: string): string {
  return reference.split(".", 1)[0] ?? "";
}

/** Only a text that is one reference as a whole is one. */
function innerOf(text: unknown): string | undefined {
  return isText(text) ? /^\$\{(.+)\}$/.exec(text)?.[1] : undefined;
}

function meantOf(word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  if (near !== undefined) return `; did you mean ${near}?`;
  return known.length === 0 ? "" : `; there are ${known.join(", ")}`;
}

function mapOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {};
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
