import { z } from "zod";
import { Manifest } from "./manifest.ts";
import type { Schema } from "./schema-keys.ts";

/** JSON Schema of `flowgate.yaml` as a person writes it, kept as docs/reference/flowgate.schema.json. */
export function manifestSchema(): Schema {
  return {
    title: "Flowgate manifest",
    description: "flowgate.yaml at the root of an app folder; everything in it may be left out.",
    ...z.toJSONSchema(Manifest, { io: "input" }),
  };
}
