import { load } from "js-yaml";
import { describe, expect, test } from "vitest";
import { modelFolder } from "#domain/deployment/model-folder.ts";
import { anApp, textOf } from "#kit/deployment-app.ts";

// biome-ignore lint/suspicious/noExplicitAny: a flow is read as the YAML that it is
const flowOf = (folder: ReturnType<typeof modelFolder>): any =>
  load(textOf(folder.files, "flow.dag.yaml"));

describe("the folder that is registered", () => {
  test("is the flow as it lies in the bundle where the run changes nothing", () => {
    const app = anApp();
    const folder = modelFolder(app, null);

    expect(folder.name).toBe("qa");
    expect(textOf(folder.files, "flow.dag.yaml")).toBe(textOf(app.files, "qa/flow.dag.yaml"));
  });

  test("has the winning variant as its default", () => {
    const flow = flowOf(modelFolder(anApp(), "${ask.long}"));

    expect(flow.node_variants.ask.default_variant_id).toBe("long");
  });

  test("has the variant of the run YAML as its default when none won", () => {
    const app = anApp({ "qa/run.yml": "flow: .\ndata: data.jsonl\nvariant: ${ask.long}\n" });

    expect(flowOf(modelFolder(app, null)).node_variants.ask.default_variant_id).toBe("long");
  });

  test("has connections and deployment names of the run in its nodes, and in the variant that runs", () => {
    const run = [
      "flow: .",
      "data: data.jsonl",
      "connections:",
      "  ask: { connection: new, deployment_name: gpt }",
      "  rank: { connection: new, deployment_name: gpt, model: m }",
      "  look_up: { conn: new }",
    ].join("\n");
    const flow = flowOf(modelFolder(anApp({ "qa/run.yml": run }), "${ask.long}"));

    expect(flow.nodes[1]).toEqual({
      name: "rank",
      type: "llm",
      inputs: { deployment_name: "gpt", model: "m" },
      connection: "new",
    });
    expect(flow.nodes[2].inputs).toEqual({ conn: "new" });
    expect(flow.node_variants.ask.variants.long.node).toEqual({
      type: "llm",
      connection: "new",
      inputs: { deployment_name: "gpt" },
    });
    expect(flow.node_variants.ask.variants.short.node.connection).toBe("old");
  });

  test("has variables of the run over those of the flow, as text", () => {
    const app = anApp({
      "qa/flow.dag.yaml": "environment_variables: { MODE: a, KEPT: b }\nnodes: []\n",
      "qa/run.yml": 'flow: .\ndata: data.jsonl\nenvironment_variables: { MODE: "007", NEW: x }\n',
    });

    expect(flowOf(modelFolder(app, null)).environment_variables).toEqual({
      MODE: "007",
      KEPT: "b",
      NEW: "x",
    });
  });

  test("keeps the spelling of scalars that it does not change", () => {
    const text = textOf(modelFolder(anApp(), "${ask.long}").files, "flow.dag.yaml");

    expect(text).toContain("default: 1_000");
  });

  test("changes one node where others are aliases of it", () => {
    const flow =
      "nodes:\n- &a { name: one, type: llm, connection: old }\n- { <<: *a, name: two }\n";
    const run = "flow: .\ndata: data.jsonl\nconnections: { one: { connection: new } }\n";
    const app = anApp({ "qa/flow.dag.yaml": flow, "qa/run.yml": run });
    const text = textOf(modelFolder(app, null).files, "flow.dag.yaml");

    expect(text).toContain('connection: "new"');
    expect(text).toContain("connection: old");
  });

  test("refuses aliases that grow without bounds", () => {
    const levels = Array.from({ length: 18 }, (_, level) =>
      level === 0 ? "l0: &l0 [x, x]" : `l${level}: &l${level} [*l${level - 1}, *l${level - 1}]`,
    );
    const app = anApp({
      "qa/flow.dag.yaml": [...levels, "nodes: []", ""].join("\n"),
      "qa/run.yml": "flow: .\ndata: data.jsonl\nenvironment_variables: { A: b }\n",
    });

    expect(() => modelFolder(app, null)).toThrow(/qa\/flow.dag.yaml has too many aliases/);
  });

  test("has its additional includes merged in", () => {
    const app = anApp({
      "qa/flow.dag.yaml": "additional_includes: [../shared/words.txt]\nnodes: []\n",
      "shared/words.txt": "hello",
    });
    const folder = modelFolder(app, null);

    expect(textOf(folder.files, "words.txt")).toBe("hello");
    expect(flowOf(folder)).not.toHaveProperty("additional_includes");
  });

  test("leaves out what the flow's own ignore file names", () => {
    const app = anApp({ "qa/.amlignore": "*.tmp\n", "qa/left.tmp": "x" });

    expect([...modelFolder(app, null).files.keys()]).not.toContain("left.tmp");
  });

  test("has the flow under the name that the serving image looks for", () => {
    const app = anApp({
      "qa/other.yaml": "nodes: []\n",
      "qa/flow.dag.yaml": null,
      "qa/run.yml": "flow: other.yaml\ndata: data.jsonl\n",
    });

    expect([...modelFolder(app, null).files.keys()]).toContain("flow.dag.yaml");
  });

  test("is another folder as it is, when model.yaml points at one", () => {
    const app = anApp({
      "deployment/model.yaml": "name: qa-model\npath: ../weights\n",
      "weights/w.bin": "123",
    });
    const folder = modelFolder(app, "${ask.long}");

    expect([...folder.files.keys()]).toEqual(["w.bin"]);
    expect(folder.name).toBe("weights");
  });

  test("has a digest that two builds agree on and that a variant changes", () => {
    const digest = (variant: string | null) => modelFolder(anApp(), variant).content;

    expect(digest("${ask.long}")).toBe(digest("${ask.long}"));
    expect(digest("${ask.long}")).not.toBe(digest("${ask.short}"));
  });

  test("refuses a run that overrides what is not there", () => {
    const app = anApp({
      "qa/flow.dag.yaml": "inputs: {}\noutputs: {}\nnodes: []\n",
      "qa/run.yml": "flow: .\ndata: data.jsonl\nconnections: { ghost: { connection: c } }\n",
    });
    const message = "qa/run.yml: qa/flow.dag.yaml has no node ghost.";

    expect(() => modelFolder(app, null)).toThrow(
      expect.objectContaining({ code: "MANIFEST_INVALID", message }),
    );
  });

  test("refuses a variant that the flow has not", () => {
    expect(() => modelFolder(anApp(), "${ask.ghost}")).toThrow(
      expect.objectContaining({
        code: "MANIFEST_INVALID",
        message: "qa/run.yml: the flow has no variant ${ask.ghost}.",
      }),
    );
  });
});
