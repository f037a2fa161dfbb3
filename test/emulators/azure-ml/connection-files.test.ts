import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { readConnections } from "#emulators/azure-ml/connections/read-connections.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "connection-files-"));
  return () => rm(folder, { recursive: true, force: true });
});

async function read(files: Readonly<Record<string, string>>) {
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return readConnections(folder, { KEY: "k" });
}

/** Paths in messages begin with the folder. */
async function mistakeIn(files: Readonly<Record<string, string>>): Promise<string> {
  const error: unknown = await read(files).catch((reason: unknown) => reason);
  return error instanceof Error ? error.message.replaceAll(`${folder}/`, "") : "none";
}

const custom = (rest: string) => `name: shop\ntype: custom\n${rest}`;
const openAi = (rest: string) => `name: model\ntype: open_ai\n${rest}`;

describe("a folder", () => {
  test("that is not there, that is a file, or that holds no connection", async () => {
    const file = join(folder, "README.md");
    await writeFile(file, "text");

    expect(() => readConnections(join(folder, "gone"), {})).toThrow(
      `--connections: there is no folder ${folder}/gone. Make it, or correct the path.`,
    );
    expect(() => readConnections(file, {})).toThrow(
      `--connections: ${file} is not a folder. Name the folder that the files of the connections are in.`,
    );
    expect(() => readConnections(folder, {})).toThrow(
      `--connections: there is no *.yml or *.yaml in ${folder}. Put one into it for each connection, or leave the option out.`,
    );
  });

  test("with two connections of one name", async () => {
    const files = {
      "a.yml": custom("secrets: {a: b}"),
      "b.yaml": "name: Shop\ntype: custom\nsecrets: {a: b}",
    };

    expect(await mistakeIn(files)).toBe(
      "b.yaml and a.yml are both named 'Shop', whatever the case. Rename one of them, or remove it.",
    );
  });

  test("in place of a file", async () => {
    await mkdir(join(folder, "a.yml"));

    expect(await mistakeIn({})).toMatch(/^a\.yml cannot be read: EISDIR/);
  });
});

const KINDS = "It is one of azure_open_ai, open_ai, serverless, custom.";

describe("a file", () => {
  test.each([
    ["name: [a\ntype: custom", /^a\.yml:2 is not valid YAML: .+\. Correct the file\.$/],
    [
      "name: a\nname: b",
      /^a\.yml:2 is not valid YAML: duplicated mapping key\. Correct the file\.$/,
    ],
    [
      "- name: a",
      "a.yml is a list, not a map. Write it as prompt flow does: name, type, and the fields of that type.",
    ],
    [
      "just text",
      "a.yml is text, not a map. Write it as prompt flow does: name, type, and the fields of that type.",
    ],
    ["# nothing yet", "a.yml: name is missing. Write the name by which flows ask for it."],
    ["type: custom\nname: ''", "a.yml: name is missing. Write the name by which flows ask for it."],
    [
      "type: custom\nname: {a: b}",
      "a.yml:2: name is a map, not text. Write its value on the same line, or leave the field out.",
    ],
    ["name: a", `a.yml: type is missing. ${KINDS}`],
    ["name: a\ntype: pigeon", `a.yml:2: type is 'pigeon', which is not known. ${KINDS}`],
    ["name: a\ntype: [custom]", `a.yml:2: type is a list, which is not known. ${KINDS}`],
    [
      openAi("organization: o"),
      "a.yml: api_key is missing, which a connection of type open_ai needs. Add it.",
    ],
    [
      openAi("api_key:"),
      "a.yml:3: api_key is empty, not text. Write its value on the same line, or leave the field out.",
    ],
    [
      openAi("api_key: k\nbase_url: [a]"),
      "a.yml:4: base_url is a list, not text. Write its value on the same line, or leave the field out.",
    ],
    [
      openAi("api_key: k\nbase_url: {a: b}"),
      "a.yml:4: base_url is a map, not text. Write its value on the same line, or leave the field out.",
    ],
    [
      openAi("api_key: k\napi_bse: u"),
      "a.yml:4: 'api_bse' is no field of a connection of type open_ai. Its fields are api_key, base_url, organization.",
    ],
    [
      openAi("api_key: ${env:GONE}"),
      "a.yml:3: api_key needs the environment variable GONE, which is not set. Set it before starting.",
    ],
    [
      custom("configs: {url: u}"),
      "a.yml: secrets is missing, which a connection of type custom needs. Add it.",
    ],
    [
      custom("secrets:"),
      "a.yml:3: secrets is empty, and a connection of type custom needs at least one. Write it as 'name: value' below.",
    ],
    [
      custom("secrets: [a]"),
      "a.yml:3: secrets is a list, not a map. Write one 'name: value' on each line below it.",
    ],
    [
      custom("secrets: {a: b}\nconfigs: text"),
      "a.yml:4: configs is text, not a map. Write one 'name: value' on each line below it.",
    ],
    [
      custom("secrets:\n  a: b\n  c: {d: e}"),
      "a.yml:5: secrets.c is a map, not text. Write its value on the same line, or leave the field out.",
    ],
    [
      custom("secrets:\n  a: b\n  c: ${env:GONE}"),
      "a.yml:5: secrets.c needs the environment variable GONE, which is not set. Set it before starting.",
    ],
    [
      custom("secrets: {a: b}\nurl: u"),
      "a.yml:4: 'url' is no field of a connection of type custom. Write it under secrets, or under configs if anybody may see it.",
    ],
  ])("that says %j", async (text, message) => {
    const said = await mistakeIn({ "a.yml": text });

    if (typeof message === "string") expect(said).toBe(message);
    else expect(said).toMatch(message);
  });
});

test("every value is the text that was written, whatever it looks like", async () => {
  const text = custom(
    "module: promptflow.connections\nconfigs:\n  version: 2024-02-01\n  pin: 0042\n  on: true\n  size: 1.10\n  none: ''\nsecrets: {key: 12345678901234567890, also: \"a-${env:KEY}\"}",
  );

  expect(await read({ "a.yml": text })).toEqual([
    {
      name: "shop",
      kind: "custom",
      configs: { version: "2024-02-01", pin: "0042", on: "true", size: "1.10", none: "" },
      secrets: { key: "12345678901234567890", also: "a-k" },
    },
  ]);
});

test("a model that signs in with an identity has no key", async () => {
  const text = "name: m\ntype: azure_open_ai\nauth_mode: meid_token\n";

  expect(await mistakeIn({ "a.yml": text })).toContain("api_base is missing");
  expect(await read({ "a.yml": `${text}api_base: https://m` })).toEqual([
    {
      name: "m",
      kind: "azure_open_ai",
      configs: { api_base: "https://m", auth_mode: "meid_token" },
      secrets: {},
    },
  ]);
});
