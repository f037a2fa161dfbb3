import { flowError } from "./errors.ts";
import { isDict } from "./python-values.ts";
import type { YamlFile } from "./yaml-file.ts";

export interface NodeDefinition {
  readonly definition: Record<string, unknown>;
  readonly where: string;
}

/** The flow's nodes with each `use_variants` node replaced by its variant's definition. */
export function selectVariants(
  file: YamlFile,
  variant: string | undefined,
): readonly NodeDefinition[] {
  const chosen = variant === undefined ? undefined : parseVariant(variant);
  const nodes = readNodes(file);
  if (chosen && !nodes.some(({ definition }) => definition.name === chosen.node)) {
    throw flowError(
      "InvalidFlowError",
      `Node ${chosen.node} of variant '${variant}' is not in the flow.`,
    );
  }
  return nodes.map((node) => {
    const picked = chosen?.node === node.definition.name ? chosen?.variant : undefined;
    const usesVariants = node.definition.use_variants === true;
    return usesVariants || picked !== undefined ? pickVariant(file, node, picked) : node;
  });
}

function readNodes(file: YamlFile): readonly NodeDefinition[] {
  const nodes = isDict(file.value) ? (file.value.nodes ?? []) : [];
  if (!Array.isArray(nodes)) {
    throw flowError("FlowDefinitionError", `'nodes' at ${file.where("nodes")} is not a list.`);
  }
  return nodes.map((definition, index) => {
    const where = file.where("nodes", index);
    if (isDict(definition)) return { definition, where };
    throw flowError("FlowDefinitionError", `The node at ${where} is not a map.`);
  });
}

function pickVariant(
  file: YamlFile,
  node: NodeDefinition,
  picked: string | undefined,
): NodeDefinition {
  const name = String(node.definition.name);
  const known =
    isDict(file.value) && isDict(file.value.node_variants)
      ? file.value.node_variants[name]
      : undefined;
  if (!isDict(known) || !isDict(known.variants)) {
    throw flowError(
      "InvalidFlowError",
      `Node '${name}' at ${node.where} uses variants, but node_variants has none for it.`,
    );
  }
  const id = picked ?? known.default_variant_id;
  if (typeof id !== "string") {
    throw flowError(
      "InvalidFlowError",
      `Node '${name}' has no default_variant_id at ${file.where("node_variants", name)}.`,
    );
  }
  const variant = known.variants[id];
  if (!isDict(variant) || !isDict(variant.node)) {
    const ids = Object.keys(known.variants).join(", ");
    throw flowError(
      "InvalidFlowError",
      `Variant '${id}' is not defined for node '${name}'. It has ${ids}.`,
    );
  }
  return {
    definition: { ...variant.node, name },
    where: file.where("node_variants", name, "variants", id, "node"),
  };
}

function parseVariant(text: string): { node: string; variant: string } {
  const match = /^\$\{([^.{}]+)\.([^{}]+)\}$/.exec(text.replace(/^(['"])(.*)\1$/, "$2"));
  const [, node, variant] = match ?? [];
  if (node !== undefined && variant !== undefined) return { node, variant };
  throw flowError("InvalidFlowError", `Variant '${text}' is not of the form \${NODE.VARIANT}.`);
}
