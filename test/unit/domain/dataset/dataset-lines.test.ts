import { describe, expect, test } from "vitest";
import { datasetLines } from "#domain/dataset/dataset-lines.ts";
import { collect } from "#kit/collect.ts";
import { latin1 } from "#kit/mistakes.ts";

/** In pieces of three bytes, so that lines and characters are cut everywhere. */
async function* inPieces(content: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += 3) yield content.subarray(at, at + 3);
}

const linesOf = async (file: string, text: string | Uint8Array) =>
  (await collect(datasetLines(file, inPieces(Buffer.from(text))))).flat();

describe("JSON Lines", () => {
  test("are kept as they were written, without blank lines, BOM and carriage returns", async () => {
    const text = '\ufeff{"a": 12345678901234567890}\r\n\n  \n{"ä": "€"}';

    expect(await linesOf("data.jsonl", text)).toEqual([
      '{"a": 12345678901234567890}',
      '{"ä": "€"}',
    ]);
  });

  test.each([
    ['{"a": 1}\n\n{"a": }\n', 3, "data.jsonl, line 3, is not valid JSON"],
    ['{"a": 1}\n[1]\n', 2, "data.jsonl, line 2, is an array; a row has to be a JSON object."],
    ['"text"\n', 1, "data.jsonl, line 1, is a string; a row has to be a JSON object."],
    ["null\n", 1, "data.jsonl, line 1, is null; a row has to be a JSON object."],
    ['{"a": 1}\n{\n"b": 2}\n', 2, "JSON Lines has one object on each line"],
  ])("%j are refused at line %i", async (text, line, message) => {
    await expect(linesOf("data.jsonl", text)).rejects.toMatchObject({
      code: "DATA_INVALID",
      message: expect.stringContaining(message),
      where: { file: "data.jsonl", line },
    });
  });

  test("never show their content in an error", async () => {
    await expect(linesOf("data.jsonl", '{"password": hunter2}\n')).rejects.toSatisfy(
      (error) => !String(error).includes("hunter2") && error instanceof Error && !error.cause,
    );
  });

  test("are UTF-8", async () => {
    await expect(linesOf("data.jsonl", latin1('{"a": 1}\n{"b": "ä"}\n'))).rejects.toMatchObject({
      code: "DATA_INVALID",
      where: { line: 2 },
    });
  });

  test("are told the line of a broken character, however the text arrives", async () => {
    const broken = Buffer.concat([Buffer.from('{"a": "ää"}\n\n{"b": "€'), Buffer.from([0xc3])]);

    for (let cut = 1; cut < broken.length; cut += 1) {
      const pieces = (async function* () {
        yield broken.subarray(0, cut);
        yield broken.subarray(cut);
      })();
      await expect(collect(datasetLines("data.jsonl", pieces))).rejects.toMatchObject({
        message: "data.jsonl, line 3, is not UTF-8 text; save it as UTF-8.",
      });
    }
  });

  test("are told what is wrong after a long text", async () => {
    const row = (async function* () {
      yield Buffer.from(`{"a": "${"x\\n".repeat(4 * 1024 * 1024)}",}`);
    })();

    await expect(collect(datasetLines("data.jsonl", row))).rejects.toMatchObject({
      message: expect.stringContaining("a comma too much before }"),
    });
  });

  test("are what any other ending means", async () => {
    expect(await linesOf("data.txt", '{"a": 1}\n')).toEqual(['{"a": 1}']);
  });

  test("longer than 16 MiB are refused before they fill the memory", async () => {
    async function* endless() {
      for (;;) yield new Uint8Array(1024 * 1024).fill(0x20);
    }

    await expect(collect(datasetLines("data.jsonl", endless()))).rejects.toMatchObject({
      code: "DATA_INVALID",
      where: { line: 1 },
    });
  });
});

describe("a .json dataset", () => {
  test("is an array of objects", async () => {
    expect(await linesOf("data.json", '[{"a": 1},\n {"b": [2, {}]}]')).toEqual([
      '{"a": 1}',
      '{"b": [2, {}]}',
    ]);
  });

  test("is kept as it was written, but on one line each, without BOM and blanks around it", async () => {
    const text =
      '\ufeff\n [ {\r\n  "a": 12345678901234567890,\n  "b": "\\n  x"\n} , {"ä": "€"} ]\n ';

    expect(await linesOf("data.json", text)).toEqual([
      '{ "a": 12345678901234567890, "b": "\\n  x" }',
      '{"ä": "€"}',
    ]);
  });

  test("may have marks, quotes and backslashes within its strings", async () => {
    const rows = [{ "a,]}": '"],[{' }, { b: "\\" }, { c: '\\"' }, { d: "\\\\" }];

    const lines = await linesOf("data.json", JSON.stringify(rows));
    expect(lines.map((line) => JSON.parse(line))).toEqual(rows);
  });

  test.each(["", " \n", "[]", " [ \n ] "])("without rows is %j", async (text) => {
    expect(await linesOf("data.json", text)).toEqual([]);
  });

  test("is read as it arrives: its first row is there before the last one", async () => {
    async function* endless(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('[{"a": 1}, {"a"');
      throw new Error("The rest was read.");
    }
    const lines = datasetLines("data.json", endless());

    expect(await lines.next()).toEqual({ done: false, value: ['{"a": 1}'] });
    await expect(lines.next()).rejects.toThrow("The rest was read.");
  });

  test("with a row longer than 16 MiB is refused before it fills the memory", async () => {
    async function* endless() {
      yield Buffer.from('[{}, {"a": "');
      for (;;) yield new Uint8Array(1024 * 1024).fill(0x20);
    }

    await expect(collect(datasetLines("data.json", endless()))).rejects.toMatchObject({
      code: "DATA_INVALID",
      message: "data.json has more than 16 MiB at place 2.",
    });
  });

  test.each<[string | Uint8Array, number | null, string]>([
    ['{"a": 1}', null, "is an object; a .json dataset has to be an array of objects"],
    ['"text"', null, "is a string; a .json dataset has to be an array of objects"],
    ["true", null, "is a boolean; a .json dataset has to be an array of objects"],
    ["x", 1, "is not valid JSON from character 1 on: a value has to stand here"],
    [' \n{"a": 1}\n{}', 3, "on: something stands after its end; JSON Lines is called .jsonl"],
    ['[{"a": 1}, 2]', null, "has a number at place 2; a row has to be a JSON object"],
    ["[null]", null, "has null at place 1; a row has to be a JSON object"],
    ["[[]]", null, "has an array at place 1; a row has to be a JSON object"],
    ["[{]", 1, "is not valid JSON from character 3 on: a ] that closes nothing"],
    ["[\n{}, {]}]", 2, "is not valid JSON from character 6 on: a ] that closes nothing"],
    ["[{}}", 1, "is not valid JSON from character 4 on: a comma is missing"],
    ["[}", 1, "is not valid JSON from character 2 on: a } that closes nothing"],
    ["[{},]", 1, "is not valid JSON from character 5 on: a comma too much before ]"],
    ["[,{}]", 1, "is not valid JSON from character 2 on: a value has to stand here"],
    ["[{},,{}]", 1, "is not valid JSON from character 5 on: a value has to stand here"],
    ["[{},\r\n {},\n  x]", 3, "is not valid JSON from character 3 on: a value has to stand here"],
    ['[{"a": 1,\n "b": NaN}]', 2, "is not valid JSON from character 7 on: NaN and Infinity"],
    ["[{}\n", 2, "is not valid JSON from character 1 on: it ends before a ]"],
    ['[{"a": "', 1, "is not valid JSON from character 8 on: a text is not closed"],
    ["[{}]\n {}", 2, "is not valid JSON from character 2 on: something stands after its end"],
    [latin1('[{"a": 1},\n{"a": "ä"}]'), 2, "line 2, is not UTF-8 text; save it as UTF-8"],
    [latin1('[{"a": 1},\n{"a":\n1}, "ä"]'), 3, "line 3, is not UTF-8 text; save it as UTF-8"],
  ])("%s is refused", async (text, line, message) => {
    await expect(linesOf("data.json", text)).rejects.toMatchObject({
      code: "DATA_INVALID",
      message: expect.stringContaining(message),
      where: { file: "data.json", line },
    });
  });
});

describe("a .csv or .tsv dataset", () => {
  test("has a header, and every value is a string", async () => {
    const text = 'a,b\r\n1,"x, ""y""\nz"\n,NA\nonly\n\n';

    expect((await linesOf("data.csv", text)).map((line) => JSON.parse(line))).toEqual([
      { a: "1", b: 'x, "y"\nz' },
      { a: "", b: "NA" },
      { a: "only" },
    ]);
  });

  test("may have quotes at the end of a cell's line, and blank lines within one", async () => {
    const text = 'a,b\n"say ""yes""\n\n""no""",2\n"""",""\n5" pipe,6\n';

    expect((await linesOf("data.csv", text)).map((line) => JSON.parse(line))).toEqual([
      { a: 'say "yes"\n\n"no"', b: "2" },
      { a: '"', b: "" },
      { a: '5" pipe', b: "6" },
    ]);
  });

  test("is read as it arrives: its first row is there before the last line", async () => {
    async function* endless(): AsyncGenerator<Uint8Array> {
      yield Buffer.from("a,b\n1,2\n3");
      throw new Error("The rest was read.");
    }
    const lines = datasetLines("data.csv", endless());

    expect(await lines.next()).toEqual({ done: false, value: ['{"a":"1","b":"2"}'] });
    await expect(lines.next()).rejects.toThrow("The rest was read.");
  });

  test("is split at tabs when it says so", async () => {
    expect(await linesOf("data.tsv", "a\tb\n1,2\t3")).toEqual(['{"a":"1,2","b":"3"}']);
  });

  test.each([
    ['a,b\n"x\ny",1\n1,2,3\n', 4, "has 3 cells, but there are 2 columns"],
    ['a\n"x\n', 2, "has a quote that does not close"],
    ['a\n"x""\ny\n"z"\n', 4, "has a quote that does not close"],
    [`a\n1\n"${`${"x".repeat(1023)}\n`.repeat(1100)}`, 3, "has a quote that does not close"],
    ['a\n"x"y\n', 2, "has a quote that does not close"],
    ["a,a\n1,2\n", 1, "names a column twice"],
  ])("%j is refused at line %i", async (text, line, message) => {
    await expect(linesOf("data.csv", text)).rejects.toMatchObject({
      code: "DATA_INVALID",
      message: expect.stringContaining(message),
      where: { line },
    });
  });
});

test("Parquet is refused with what to send instead", async () => {
  await expect(linesOf("data.parquet", "PAR1")).rejects.toMatchObject({
    code: "DATA_INVALID",
    message: expect.stringContaining(".jsonl"),
  });
});
