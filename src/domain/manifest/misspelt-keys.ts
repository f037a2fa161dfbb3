import { z } from "zod";
import type { Problem } from "#domain/errors.ts";
import { at } from "./issues.ts";
import { nearest } from "./nearest.ts";
import { innerOf, keysIn, type Schema } from "./schema-keys.ts";
import type { Path, YamlText } from "./yaml-text.ts";

/**
 * A problem for every key that is nearly one that the schema knows and that is not there: for files of which
 * we read only a part, where any other key is somebody else's business.
 */
export function misspeltKeys(yaml: YamlText, shape: z.ZodType): readonly Problem[] {
  const visit = (value: unknown, schemas: readonly Schema[], path: Path): readonly Problem[] => {
    if (Array.isArray(value)) {
      return value.flatMap((item, index) => visit(item, innerOf(schemas, index), [...path, index]));
    }
    if (typeof value !== "object" || value === null) return [];
    const known = keysIn(schemas);
    const free = known.filter((key) => !Object.hasOwn(value, key));
    return Object.entries(value).flatMap(([key, item]) => {
      const meant = known.includes(key) ? undefined : nearest(key, free);
      return meant === undefined
        ? visit(item, innerOf(schemas, key), [...path, key])
        : [at(yaml, [...path, key], `unknown key ${key}; did you mean ${meant}?`)];
    });
  };
  const schema = z.toJSONSchema(shape, { io: "input", unrepresentable: "any" });
  return visit(yaml.value, [schema], []);
}
