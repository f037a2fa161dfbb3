import { expect, test } from "vitest";
import { datasetRows } from "#domain/dataset-rows.ts";
import { scrubLog } from "#domain/run-log.ts";

function read(text: string) {
  return [...datasetRows(Buffer.from(text))];
}

test("lines are counted from 0 as the runs count them, blank ones left out", () => {
  expect(read('{"q":1}\r\n\n   \n{"q":2}')).toEqual([
    { line: 0, inputs: { q: 1 } },
    { line: 1, inputs: { q: 2 } },
  ]);
});

test("a byte order mark is no content", () => {
  expect(read('\uFEFF{"q":1}\n')).toEqual([{ line: 0, inputs: { q: 1 } }]);
});

test.each(['{"q":1}\n\n[1]\n', '{"q":1}\n\n{"q":\n'])(
  "a line that is no object is named as in the file: %j",
  (text) => {
    expect(() => read(text)).toThrow(
      expect.objectContaining({ code: "DATA_INVALID", where: { line: 3 } }),
    );
  },
);

test("a log is kept without its first line and without tokens", () => {
  const log =
    "request {secret}\nGET https://x/y?sv=1&sig=abc%3D&se=2\nAuthorization: Bearer eyJ.x\nok\n";
  expect(scrubLog(log)).toBe("GET https://x/y?sv=1&sig=***&se=2\nAuthorization: Bearer ***\nok\n");
  expect(scrubLog("only the request")).toBe("");
});
