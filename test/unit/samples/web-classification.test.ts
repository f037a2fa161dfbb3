import { cp, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { load } from "js-yaml";
import { describe, expect, test } from "vitest";
import { Manifest } from "#domain/manifest/manifest.ts";
import { createBuiltinEngine } from "#emulators/azure-ml/engine/builtin/builtin-engine.ts";
import type { LineResult, Row } from "#emulators/azure-ml/engine/engine.ts";
import { startModel } from "#emulators/model/start-model.ts";

const APP = "samples/web-classification";
const OVERLAY = "samples/overlays/weak-prompt";

interface RunYaml {
  readonly flow: string;
  readonly data: string;
  readonly column_mapping: Readonly<Record<string, string>>;
  readonly connections?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

const readYaml = async (file: string) => load(await readFile(file, "utf8"));

async function readRows(file: string): Promise<readonly Row[]> {
  const text = await readFile(file, "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Row);
}

const numbered = (lines: readonly LineResult[], part: "inputs" | "outputs") =>
  lines.map((line) => ({ line_number: line.lineNumber, ...line[part] }));

/** Base run and evaluation run of an app folder with the offline model. */
async function evaluate(app: string) {
  await using model = await startModel();
  const log: string[] = [];
  const engine = createBuiltinEngine({ modelUrl: model.url });
  const run = async (file: string, base: readonly LineResult[] | null) => {
    const folder = join(app, "web-classification");
    const yaml = (await readYaml(join(folder, file))) as RunYaml;
    await using flow = await engine.load({
      folder: resolve(folder, yaml.flow),
      file: "flow.dag.yaml",
      log: (line) => log.push(line),
      ...(yaml.connections && { connections: yaml.connections }),
    });
    return await flow.runBatch({
      data: await readRows(join(folder, yaml.data)),
      run: base && { inputs: numbered(base, "inputs"), outputs: numbered(base, "outputs") },
      inputsMapping: yaml.column_mapping,
    });
  };
  const base = await run("run.yml", null);
  const evaluation = await run("run_evaluation.yml", base.lines);
  return { base, evaluation, log };
}

const count = (lines: readonly LineResult[], grade: string) =>
  lines.filter(({ outputs }) => outputs?.grade === grade).length;

describe("with the offline model", () => {
  test("the app gets 61 of 65 rows right, far above its gate", async () => {
    const { base, evaluation, log } = await evaluate(APP);

    expect(base.lines.map(({ error }) => error).filter((error) => error !== null)).toEqual([]);
    expect(base.lines).toHaveLength(65);
    expect(count(evaluation.lines, "Correct")).toBe(61);
    expect(count(evaluation.lines, "Incorrect")).toBe(4);
    expect(evaluation.metrics).toEqual({ accuracy: 0.94 });
    expect(log.join("\n")).toContain("connection 'open_ai_connection' is not defined here");
  });

  test("the app answers the request that a new deployment is asked", async () => {
    await using model = await startModel();
    const engine = createBuiltinEngine({ modelUrl: model.url });
    await using flow = await engine.load({
      folder: resolve(APP, "web-classification"),
      file: "flow.dag.yaml",
    });
    const request = await readFile(join(APP, "deployment/sample-request.json"), "utf8");

    const { outputs } = await flow.serve(JSON.parse(request));

    expect(outputs).toEqual({ category: "Movie" });
  });

  test("with the weak prompt laid over it gets 23, far below", async () => {
    const folder = await mkdtemp(join(tmpdir(), "weak-"));
    try {
      await cp(APP, folder, { recursive: true });
      await cp(OVERLAY, folder, { recursive: true });

      const { evaluation } = await evaluate(folder);

      expect(count(evaluation.lines, "Correct")).toBe(23);
      expect(evaluation.metrics).toEqual({ accuracy: 0.35 });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe("the app folder", () => {
  test("has a manifest that says what would be done without one", async () => {
    const manifest = Manifest.parse(await readYaml(join(APP, "flowgate.yaml")));

    const { name, run, evaluation, ...rest } = manifest;
    expect({ name, run, evaluation }).toEqual({
      name: "web-classification",
      run: "web-classification/run.yml",
      evaluation: "web-classification/run_evaluation.yml",
    });
    expect(rest).toEqual(Manifest.parse({}));
  });

  test("has 13 rows of each category, all different", async () => {
    const rows = await readRows(join(APP, "web-classification/data.jsonl"));

    const answers = Map.groupBy(rows, ({ answer }) => answer);
    expect([...answers].map(([answer, { length }]) => [answer, length])).toEqual([
      ["App", 13],
      ["Academic", 13],
      ["Channel", 13],
      ["Movie", 13],
      ["Profile", 13],
    ]);
    expect(new Set(rows.map(({ url }) => url)).size).toBe(65);
  });

  test("asks for nothing beyond Python itself", async () => {
    const files = await readdir(APP, { recursive: true });
    const sources = await Promise.all(
      files.filter((file) => file.endsWith(".py")).map((file) => readFile(join(APP, file), "utf8")),
    );

    const imports = sources.flatMap((text) => text.match(/^(?:import|from) .*$/gm) ?? []);
    expect(new Set(imports)).toEqual(
      new Set([
        "import json",
        "from typing import List",
        "from promptflow.core import tool",
        "from promptflow.core import log_metric, tool",
      ]),
    );
  });

  test.each([
    "<deployment-name>",
    "<endpoint-name>",
    "<VERSION>",
    "<sub-id>",
    "<resource-group>",
    "<workspace-name>",
  ])("leaves %s of the deployment to be filled in", async (placeholder) => {
    expect(await readFile(join(APP, "deployment/deployment.yaml"), "utf8")).toContain(placeholder);
  });

  test("holds in an overlay only files that the app has, and that differ", async () => {
    const files = await readdir(OVERLAY, { recursive: true, withFileTypes: true });
    const overlaid = files.filter((file) => file.isFile() && file.name !== "README.md");

    expect(overlaid.map(({ name }) => name)).toEqual(["classify_with_llm.jinja2"]);
    const path = "web-classification/classify_with_llm.jinja2";
    expect(await readFile(join(OVERLAY, path), "utf8")).not.toBe(
      await readFile(join(APP, path), "utf8"),
    );
  });
});
