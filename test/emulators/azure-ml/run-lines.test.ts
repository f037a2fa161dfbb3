import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openDatabase } from "#emulators/azure-ml/store/database.ts";
import { type RunLine, RunLines } from "#emulators/azure-ml/store/run-lines.ts";

const aFile = () => join(mkdtempSync(join(tmpdir(), "run-lines-")), "lines.sqlite");

const aLine = (index: number, output = "é"): RunLine => ({
  index,
  record: { index, output },
  inputs: { n: index },
  outputs: { output },
  nodes: {},
});

function numbersIn(file: string): number[] {
  using database = openDatabase(file);
  return [...new RunLines(database).all("r")].map(({ index }) => index);
}

test("what was written is read at once, by page and as a whole, the last one of a number", () => {
  using database = openDatabase(aFile());
  const lines = new RunLines(database);
  lines.write("r", aLine(1));
  lines.write("r", aLine(0));
  lines.write("r", aLine(1, "again"));
  lines.write("s", aLine(0));

  expect(JSON.parse(lines.recordsText("r", 0, 0))).toEqual([aLine(0).record]);
  expect(JSON.parse(lines.recordsText("r", 0, 9))).toEqual([
    aLine(0).record,
    aLine(1, "again").record,
  ]);
  expect(lines.recordsText("r", 2, 9)).toBe("[]");
  expect(lines.list("r", 0, 9)).toEqual([aLine(0), aLine(1, "again")]);
});

test("lines that nobody has read are on the disk once there are many, and all of them when the run is over", () => {
  const file = aFile();
  using database = openDatabase(file);
  const lines = new RunLines(database);
  for (let index = 0; index < 150; index += 1) lines.write("r", aLine(index));

  expect(numbersIn(file)).toHaveLength(100);
  lines.flush();
  expect(numbersIn(file)).toEqual([...Array(150).keys()]);
});

test("a run that begins anew has none of its earlier lines", () => {
  using database = openDatabase(aFile());
  const lines = new RunLines(database);
  lines.write("r", aLine(7));
  lines.removeAll("r");

  expect(lines.list("r", 0, 9)).toEqual([]);
});
