import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { findFlow } from "#emulators/azure-ml/endpoints/find-flow.ts";
import { aFlow } from "./engine/a-flow.ts";

const folderOf = (...files: readonly string[]) =>
  aFlow(Object.fromEntries(files.map((name) => [name, ""])));

describe("the flow of a model is", () => {
  test.each([
    [["flow.dag.yaml", "ask.prompty"], "flow.dag.yaml"],
    [["flow.flex.yml", "main.py"], "flow.flex.yml"],
    [["ask.prompty", "main.py", "data/rows.jsonl"], "ask.prompty"],
    [["qa/flow.flex.yaml", "MLmodel"], "qa/flow.flex.yaml"],
    [["qa/ask.prompty"], "qa/ask.prompty"],
  ])("in %j: %s", async (files, expected) => {
    await using model = await folderOf(...files);
    const { folder, file } = await findFlow(model.folder);

    expect(join(folder, file)).toBe(join(model.folder, expected));
  });

  test.each([
    [["readme.txt"], "nor a single .prompty file"],
    [["a.prompty", "b.prompty"], "nor a single .prompty file"],
    [["a/flow.dag.yaml", "b/flow.dag.yaml"], "neither flow.dag.yaml nor flow.flex.yaml"],
    [["flow.dag.yaml", "flow.flex.yaml"], "several flows in one folder"],
  ])("nowhere in %j: %s", async (files, message) => {
    await using model = await folderOf(...files);

    await expect(findFlow(model.folder)).rejects.toThrow(message);
  });
});
