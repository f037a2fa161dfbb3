import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readRows } from "#emulators/azure-ml/flow-service/data-rows.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "rows-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function read(name: string, content: string) {
  await writeFile(join(folder, name), content);
  return [...readRows(join(folder, name)).rows];
}

test.each([
  { name: "a.jsonl", content: '\uFEFF{"q":1}\r\n\r\n{"q":null}\n', rows: [{ q: 1 }, { q: null }] },
  { name: "a.json", content: '[{"q":"x"}]', rows: [{ q: "x" }] },
  {
    name: "a.csv",
    content: 'q,a\n"x, ""y""",1\n,NA\n',
    rows: [
      { q: 'x, "y"', a: "1" },
      { q: "", a: "NA" },
    ],
  },
  { name: "a.csv", content: "q,a\nx,", rows: [{ q: "x", a: "" }] },
  { name: "a.csv", content: 'q\n"two\nlines"\n', rows: [{ q: "two\nlines" }] },
  { name: "a.tsv", content: "q\ta\nx\ty", rows: [{ q: "x", a: "y" }] },
])("$name $content is read as rows", async ({ name, content, rows }) => {
  expect(await read(name, content)).toEqual(rows);
});

test.each([
  {
    name: "a.jsonl",
    content: '{"q":1}\n\n[1]\n',
    says: "a.jsonl, line 3 is not a JSON object.",
    code: "InvalidUserData",
  },
  {
    name: "a.json",
    content: '{"q":1}',
    says: "a.json is not a JSON array of objects.",
    code: "InvalidUserData",
  },
  {
    name: "a.csv",
    content: "q\n1,2\n",
    says: "a.csv, record 1 has 2 cells, the header 1.",
    code: "InvalidUserData",
  },
  {
    name: "a.jsonl",
    content: "\n",
    says: "Couldn't find any inputs data in 'a.jsonl'.",
    code: "EmptyInputsData",
  },
])("$name $content is refused with $code", async ({ name, content, says, code }) => {
  await expect(read(name, content)).rejects.toMatchObject({
    message: says,
    body: { code: "UserError", innerCodes: [code] },
  });
});

test("a folder's files come first, then its sub-folders', each sorted", async () => {
  await mkdir(join(folder, "a"));
  await writeFile(join(folder, "a", "z.jsonl"), '{"q":3}');
  await writeFile(join(folder, "c.jsonl"), '{"q":2}');
  await writeFile(join(folder, "b.jsonl"), '{"q":1}');

  const { rows, count } = readRows(folder);
  expect([...rows]).toEqual([{ q: 1 }, { q: 2 }, { q: 3 }]);
  expect(count).toBe(3);
});

test("a line, and a character of it, may lie across what is read at once", async () => {
  const text = "ä".repeat(100_000);
  const lines = Array.from({ length: 4 }, (_, n) => `{"q":"${"x".repeat(n)}${text}"}`);
  const rows = await read("a.jsonl", lines.join("\r\n"));

  expect(rows).toEqual([{ q: text }, { q: `x${text}` }, { q: `xx${text}` }, { q: `xxx${text}` }]);
});
