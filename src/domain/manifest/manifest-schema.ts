import { z } from "zod";
import { Manifest } from "./manifest.ts";

type Schema = z.core.JSONSchema.JSONSchema;

/** JSON Schema of `flowgate.yaml` as a person writes it, kept as docs/reference/flowgate.schema.json. */
export function manifestSchema(): Schema {
  return {
    title: "Flowgate manifest",
    description: "flowgate.yaml at the root of an app folder; everything in it may be left out.",
    ...z.toJSONSchema(Manifest, { io: "input" }),
  };
}

/** Keys that may stand in the map at this path of a manifest; none where there is no map. */
export function keysAt(path: readonly PropertyKey[]): readonly string[] {
  let schema: Schema = manifestSchema();
  for (const part of path) {
    const inner = typeof part === "number" ? schema.items : schema.properties?.[String(part)];
    if (typeof inner !== "object" || Array.isArray(inner)) return [];
    schema = inner;
  }
  return Object.keys(schema.properties ?? {});
}
