import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readConnectionsFile } from "#emulators/azure-ml/engine/builtin/connections.ts";

const folder = mkdtempSync(join(tmpdir(), "connections-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (text: string) => {
  const path = join(folder, "connections.json");
  writeFileSync(path, text);
  return path;
};

test("connections are read by name", () => {
  const known = { mine: { type: "OpenAIConnection", value: { api_key: "k" } } };

  expect(readConnectionsFile(file(JSON.stringify(known)))).toEqual(known);
});

test.each([
  ["{", /connections\.json\) cannot be read as JSON: /],
  ['{"mine": {}}', /connections\.json\) is not a map of connections: /],
])("a file that says %s is named with what is wrong", (text, message) => {
  expect(() => readConnectionsFile(file(text))).toThrow(message);
});

test("a file that is not there is named", () => {
  expect(() => readConnectionsFile(join(folder, "none.json"))).toThrow(
    /^PROMPTFLOW_CONNECTIONS \(.*none\.json\) cannot be read as JSON: ENOENT/,
  );
});

test("a custom connection is split into secrets and the rest", () => {
  const mine = { type: "CustomConnection", value: { key: "s", url: "u" }, secret_keys: ["key"] };

  expect(readConnectionsFile(file(JSON.stringify({ mine })))).toEqual({
    mine: { type: "CustomConnection", value: { secrets: { key: "s" }, configs: { url: "u" } } },
  });
});
