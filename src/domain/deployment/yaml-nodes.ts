import {
  CORE_SCHEMA,
  type Document,
  eventsToAst,
  jsToAst,
  type MappingNode,
  mergeTag,
  type Node,
  parseEvents,
  present,
  SCALAR_STYLE,
} from "js-yaml";
import { PipelineError } from "#domain/errors.ts";

const SCHEMA = CORE_SCHEMA.withTags(mergeTag);
/** Aliases of aliases grow without bounds; no flow written by hand comes near. */
const MAX_NODES = 100_000;

/** A YAML text as nodes that can be changed in place: what is not touched keeps its spelling, so another YAML dialect reads it as before. */
export interface YamlNodes {
  readonly root: MappingNode;
  /** The text as it is now; comments are gone. */
  text(): string;
}

/** Throws BUNDLE_INVALID when the text is no mapping, or blows up when its aliases are written out. */
export function yamlNodes(text: string, file: string): YamlNodes {
  const documents = eventsToAst(parseEvents(text, {}), { source: text, schema: SCHEMA });
  const [document] = documents;
  const root = document?.contents && withoutAliases(document.contents, file);
  if (document === undefined || root?.kind !== "mapping") {
    throw new PipelineError("BUNDLE_INVALID", `${file} has to be a mapping.`, { where: { file } });
  }
  const edited: Document = { ...document, contents: root };
  return { root, text: () => present([edited], { schema: SCHEMA, lineWidth: -1 }) };
}

/** Every alias becomes a copy, so that a change to one place changes no other. */
function withoutAliases(root: Node, file: string): Node {
  const anchors = new Map<string, Node>();
  let count = 0;
  const copy = (node: Node): Node => {
    count += 1;
    if (count > MAX_NODES) {
      throw new PipelineError("BUNDLE_INVALID", `${file} has too many aliases.`, {
        where: { file },
      });
    }
    if (node.kind === "alias") {
      const target = anchors.get(node.anchor);
      return target === undefined ? node : copy(target);
    }
    if (node.anchor !== undefined) anchors.set(node.anchor, node);
    const { anchor: _, ...plain } = node;
    switch (plain.kind) {
      case "scalar":
        return plain;
      case "sequence":
        return { ...plain, items: plain.items.map(copy) };
      case "mapping":
        return {
          ...plain,
          items: plain.items.map(({ key, value }) => ({ key: copy(key), value: copy(value) })),
        };
    }
  };
  return copy(root);
}

export function valueAt(map: MappingNode, key: string): Node | undefined {
  return map.items.find((item) => item.key.kind === "scalar" && item.key.value === key)?.value;
}

export function mapAt(map: MappingNode, key: string): MappingNode | undefined {
  const value = valueAt(map, key);
  return value?.kind === "mapping" ? value : undefined;
}

/** The map under this key; one is put there where nothing, or something else, stood. */
export function ensureMap(map: MappingNode, key: string): MappingNode {
  const found = mapAt(map, key);
  if (found !== undefined) return found;
  const made = nodeOf({});
  if (made.kind !== "mapping") throw new PipelineError("INTERNAL", "A map has to be a mapping.");
  setNode(map, key, made);
  return made;
}

/** In quotes, so that no YAML dialect makes a number or a date of it. */
export function setText(map: MappingNode, key: string, text: string): void {
  setNode(map, key, quoted(text));
}

export function textOf(node: Node | undefined): string | undefined {
  return node?.kind === "scalar" ? node.value : undefined;
}

function setNode(map: MappingNode, key: string, value: Node): void {
  const item = map.items.find(({ key: known }) => textOf(known) === key);
  if (item === undefined) map.items.push({ key: nodeOf(key), value });
  else item.value = value;
}

function quoted(text: string): Node {
  const node = nodeOf(text);
  return node.kind === "scalar" ? { ...node, style: SCALAR_STYLE.DOUBLE_QUOTED } : node;
}

function nodeOf(value: unknown): Node {
  const node = jsToAst(value, SCHEMA)[0]?.contents;
  if (!node) throw new PipelineError("INTERNAL", "This value has no YAML.");
  return node;
}
