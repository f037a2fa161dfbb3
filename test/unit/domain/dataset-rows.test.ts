import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { datasetPages } from "#domain/dataset-rows.ts";
import { collect } from "#kit/collect.ts";

function pagesOf(size: number, ...chunks: readonly (string | Uint8Array)[]) {
  return collect(datasetPages(Readable.from(chunks.map((chunk) => Buffer.from(chunk))), size));
}

const read = async (...chunks: readonly (string | Uint8Array)[]) =>
  (await pagesOf(2, ...chunks)).flat();

test("pages are full up to the last one, however the lines arrive", async () => {
  const text = '{"q":0}\n'.repeat(5);
  for (let at = 1; at < text.length; at += 1) {
    const pages = await pagesOf(2, text.slice(0, at), text.slice(at));
    expect(pages.map((page) => page.map(({ line }) => line))).toEqual([[0, 1], [2, 3], [4]]);
  }
});

test("lines are counted from 0 as the runs count them, blank ones left out", async () => {
  expect(await read('{"q":1}\r\n\n   \n{"q":2}')).toEqual([
    { line: 0, inputs: { q: 1 } },
    { line: 1, inputs: { q: 2 } },
  ]);
});

test("a byte order mark is no content", async () => {
  expect(await read('\uFEFF{"q":1}\n')).toEqual([{ line: 0, inputs: { q: 1 } }]);
});

test("a line, and a character of it, may be broken over chunks", async () => {
  const bytes = Buffer.from('{"q":"ä"}\r\n{"q":2}');
  const expected = [
    { line: 0, inputs: { q: "ä" } },
    { line: 1, inputs: { q: 2 } },
  ];
  for (let at = 1; at < bytes.length; at += 1) {
    expect(await read(bytes.subarray(0, at), bytes.subarray(at))).toEqual(expected);
  }
});

test.each(['{"q":1}\n\n[1]\n', '{"q":1}\n\n{"q":\n'])(
  "a line that is no object is named as in the file: %j",
  async (text) => {
    await expect(read(text)).rejects.toMatchObject({ code: "DATA_INVALID", where: { line: 3 } });
  },
);
