import type { MappingNode } from "js-yaml";
import type { RunSpec } from "#domain/bundle/bundle.ts";
import { PipelineError } from "#domain/errors.ts";
import { ensureMap, mapAt, setText, textOf, valueAt, yamlNodes } from "./yaml-nodes.ts";

/** Of a run, what changes the flow that it runs. */
export type FlowOverrides = Pick<
  RunSpec,
  "file" | "variant" | "connections" | "environmentVariables"
>;

/**
 * A flow YAML that by itself does what the run did: the variant is the default, connections and
 * variables of the run are written in. Unchanged when there is nothing to write.
 * Throws MANIFEST_INVALID, naming the run YAML, for a node or variant that the flow has not.
 */
export function writeOverrides(text: string, flowFile: string, run: FlowOverrides): string {
  const { variant, connections, environmentVariables } = run;
  const nodes = Object.entries(connections).filter(([, fields]) => Object.keys(fields).length > 0);
  const variables = Object.entries(environmentVariables);
  if (variant === null && nodes.length === 0 && variables.length === 0) return text;

  const yaml = yamlNodes(text, flowFile);
  if (variant !== null) makeDefault(yaml.root, variant, run.file);
  for (const [name, fields] of nodes) {
    const node = effectiveNode(yaml.root, name);
    if (node === undefined) throw unknown(run.file, name, `${flowFile} has no node ${name}`);
    overrideNode(node, fields);
  }
  if (variables.length > 0) {
    const own = ensureMap(yaml.root, "environment_variables");
    for (const [name, value] of variables) setText(own, name, value);
  }
  return yaml.text();
}

/** `${node.variant}` becomes what the flow does when nobody names a variant. */
function makeDefault(root: MappingNode, variant: string, file: string): void {
  const [, name = "", id = ""] = /^\$\{([^.{}]+)\.([^.{}]+)\}$/.exec(variant) ?? [];
  const variants = variantsOf(root, name);
  const known = variants && mapAt(variants, "variants");
  if (variants === undefined || known === undefined || valueAt(known, id) === undefined) {
    throw unknown(file, name, `the flow has no variant ${variant}`);
  }
  setText(variants, "default_variant_id", id);
  const node = listedNode(root, name);
  if (node !== undefined && textOf(valueAt(node, "use_variants")) !== "true") {
    throw unknown(file, name, `node ${name} does not say use_variants: true`);
  }
}

/** The node as it runs: the default variant's where the node uses variants. */
function effectiveNode(root: MappingNode, name: string): MappingNode | undefined {
  const node = listedNode(root, name);
  if (node === undefined || textOf(valueAt(node, "use_variants")) !== "true") return node;
  const variants = variantsOf(root, name);
  const id = variants && textOf(valueAt(variants, "default_variant_id"));
  const known = variants && mapAt(variants, "variants");
  const chosen = known && id !== undefined ? mapAt(known, id) : undefined;
  return chosen && mapAt(chosen, "node");
}

function listedNode(root: MappingNode, name: string): MappingNode | undefined {
  const nodes = valueAt(root, "nodes");
  if (nodes?.kind !== "sequence") return undefined;
  return nodes.items
    .filter((item) => item.kind === "mapping")
    .find((item) => textOf(valueAt(item, "name")) === name);
}

function variantsOf(root: MappingNode, name: string): MappingNode | undefined {
  const all = mapAt(root, "node_variants");
  return all && mapAt(all, name);
}

/** An llm node has its connection beside its inputs; any other node takes it as one of them. */
function overrideNode(node: MappingNode, fields: Readonly<Record<string, string>>): void {
  const isLlm = textOf(valueAt(node, "type")) === "llm";
  for (const [field, value] of Object.entries(fields)) {
    const place = isLlm && field === "connection" ? node : ensureMap(node, "inputs");
    setText(place, field, value);
  }
}

function unknown(file: string, node: string, message: string): PipelineError {
  const problems = [{ file, message }];
  return new PipelineError("MANIFEST_INVALID", `${file}: ${message}.`, {
    where: { file, node },
    problems,
  });
}
