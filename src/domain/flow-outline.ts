import { z } from "zod";

/** What others can name of a flow: a text that has no such part has none of it. */
export interface FlowOutline {
  readonly inputs: readonly FlowInput[];
  readonly outputs: readonly string[];
  readonly nodes: readonly string[];
  /** Node → names of its variants. */
  readonly variants: Readonly<Record<string, readonly string[]>>;
}

export interface FlowInput {
  readonly name: string;
  /** Whether a row has to bring it: a default of null is none. */
  readonly required: boolean;
}

const Shape = z.object({
  inputs: z.record(z.string(), z.unknown()).catch({}),
  outputs: z.record(z.string(), z.unknown()).catch({}),
  nodes: z.array(z.unknown()).catch([]),
  node_variants: z.record(z.string(), z.unknown()).catch({}),
});
const Defaulted = z.object({ default: z.unknown() });
const Named = z.object({ name: z.string() });
const Varied = z.object({ variants: z.record(z.string(), z.unknown()) });

/** Of the value of a flow's YAML, which may be anything at all. */
export function flowOutline(value: unknown): FlowOutline {
  const { inputs, outputs, nodes, node_variants } = Shape.catch(EMPTY).parse(value);
  return {
    inputs: Object.entries(inputs).map(([name, input]) => ({
      name,
      required: (Defaulted.safeParse(input).data?.default ?? null) === null,
    })),
    outputs: Object.keys(outputs),
    nodes: nodes.flatMap((node) => Named.safeParse(node).data?.name ?? []),
    variants: Object.fromEntries(
      Object.entries(node_variants).map(([node, varied]) => [
        node,
        Object.keys(Varied.safeParse(varied).data?.variants ?? {}),
      ]),
    ),
  };
}

const EMPTY = { inputs: {}, outputs: {}, nodes: [], node_variants: {} };
