import type { z } from "zod";
import type { Path } from "./yaml-text.ts";

export type Schema = z.core.JSONSchema.JSONSchema;

/** Keys that a schema knows for the map at this path; none where it wants no map. */
export function keysOf(schema: Schema, path: Path): readonly string[] {
  return keysIn(path.reduce<readonly Schema[]>(innerOf, [schema]));
}

/** Paths of the maps in which a schema knows this key. */
export function placesOf(schema: Schema, key: string): readonly Path[] {
  const visit = (inner: Schema, path: Path): readonly Path[] =>
    Object.entries(inner.properties ?? {}).flatMap(([name, value]) => [
      ...(name === key ? [path] : []),
      ...(typeof value === "object" ? visit(value, [...path, name]) : []),
    ]);
  return visit(schema, []);
}

/** Keys that a map of one of these schemas may have. */
export function keysIn(schemas: readonly Schema[]): readonly string[] {
  return schemas.flatMap(branchesOf).flatMap(({ properties }) => Object.keys(properties ?? {}));
}

/** Schemas of what stands under a key or at a place of a list. */
export function innerOf(schemas: Schema | readonly Schema[], part: PropertyKey): readonly Schema[] {
  return [schemas]
    .flat()
    .flatMap(branchesOf)
    .flatMap((schema) => {
      const inner = typeof part === "number" ? schema.items : schema.properties?.[String(part)];
      return typeof inner === "object" && !Array.isArray(inner) ? [inner] : [];
    });
}

function branchesOf(schema: Schema): readonly Schema[] {
  const branches = (schema.anyOf ?? schema.oneOf ?? []).filter((one) => typeof one === "object");
  return [schema, ...branches.flatMap(branchesOf)];
}
