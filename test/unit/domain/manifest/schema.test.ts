import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { manifestSchema } from "#domain/manifest/manifest-schema.ts";

test("the committed JSON Schema is the manifest's (node scripts/generate-schema.ts writes it)", async () => {
  const file = new URL("../../../../docs/reference/flowgate.schema.json", import.meta.url);

  expect(JSON.parse(await readFile(file, "utf8"))).toEqual(manifestSchema());
});
