import { describe, expect, test } from "vitest";
import { requireDeployable } from "#domain/deployment/deployable.ts";
import { PipelineError, type Problem } from "#domain/errors.ts";
import { readApp } from "#domain/manifest/read-app.ts";
import { anAppFolder } from "#kit/app-folder.ts";

function refusalOf(differences: Record<string, string | null>): PipelineError {
  try {
    readApp(anAppFolder(differences), "web");
  } catch (error) {
    if (error instanceof PipelineError) return error;
    throw error;
  }
  throw new Error("The app folder was taken.");
}

const problemsOf = (differences: Record<string, string | null>): readonly Problem[] =>
  refusalOf(differences).problems;

describe("an app folder without a manifest", () => {
  test("gets its name from the URL, the only run YAML and the evaluation beside it", () => {
    const { manifest, baseRun, evaluationRun } = readApp(anAppFolder(), "web");

    expect(manifest).toMatchObject({
      apiVersion: "flowgate/v1",
      name: "web",
      run: "web/run.yml",
      evaluation: "web/run_evaluation.yml",
      environment: { kind: "session", timeout: "30m" },
      deploy: { when: ["main"], rollout: { steps: [10, 50, 100], bake: "1m" } },
    });
    expect(baseRun).toEqual({
      file: "web/run.yml",
      flow: "web",
      flowFile: "flow.dag.yaml",
      data: "web/data.jsonl",
      columnMapping: {},
      variant: null,
      connections: {},
      environmentVariables: {},
      init: null,
      displayName: null,
      description: null,
      tags: {},
    });
    expect(evaluationRun).toMatchObject({
      flow: "evaluation/accuracy",
      data: "web/data.jsonl",
      columnMapping: { groundtruth: "${data.answer}", prediction: "${run.outputs.category}" },
    });
  });

  test("has to name its run YAML when there is none or more than one", () => {
    expect(problemsOf({ "other/run.yml": "flow: .\n" })).toEqual([
      {
        file: "flowgate.yaml",
        line: 1,
        path: "run",
        message: "other/run.yml and web/run.yml: say with run: which one is meant",
      },
    ]);
    expect(problemsOf({ "web/run.yml": null })).toMatchObject([
      {
        path: "run",
        message: "no */run.yml in the app folder; name the run YAML of the flow with run:",
      },
    ]);
  });

  test.each([
    [
      "a folder above",
      { "flow/app/web/run.yml": "flow: .\n" },
      ", or pack the folder flow/app alone",
    ],
    [
      "a folder below",
      { "run.yml": "flow: .\n" },
      ", or pack the folder above this one, with the evaluation flow in it",
    ],
    ["a folder of several", { "a/web/run.yml": "flow: .\n", "b/web/run.yml": "flow: .\n" }, ""],
  ])("tells which folder is meant where %s was packed", (_what, files, hint) => {
    expect(problemsOf({ "web/run.yml": null, ...files })).toMatchObject([
      { message: `no */run.yml in the app folder; name the run YAML of the flow with run:${hint}` },
    ]);
  });

  test("has to have an evaluation", () => {
    expect(problemsOf({ "web/run_evaluation.yml": null })).toMatchObject([
      { path: "evaluation", message: expect.stringContaining("no web/run_evaluation.yml") },
    ]);
  });
});

describe("flowgate.yaml", () => {
  test("is refused with every problem at once, each with its line", () => {
    const text = [
      "apiVersion: flowgate/v2",
      "gat:",
      "  confidence: 0.9",
      "gate:",
      "  metrics:",
      "    - name: accuracy",
      "      mni: 0.6",
      "runTimeout: 5 minutes",
      "",
    ].join("\n");
    const { code, problems } = refusalOf({ "flowgate.yaml": text });

    expect(code).toBe("MANIFEST_INVALID");
    expect(problems).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ file: "flowgate.yaml", line: 1, path: "apiVersion" }),
        {
          file: "flowgate.yaml",
          line: 2,
          path: "gat",
          message: "unknown key gat; did you mean gate?",
        },
        {
          file: "flowgate.yaml",
          line: 7,
          path: "gate.metrics.0.mni",
          message: "unknown key mni; did you mean min?",
        },
        {
          file: "flowgate.yaml",
          line: 8,
          path: "runTimeout",
          message: 'a whole number with s, m or h, e.g. "30m"',
        },
      ]),
    );
  });

  test("that is no YAML is refused with the line", () => {
    expect(problemsOf({ "flowgate.yaml": "name: web\n  run: [\n" })).toMatchObject([
      { file: "flowgate.yaml", line: 2, message: expect.stringContaining("is not valid YAML") },
    ]);
  });

  test("may not have a key twice", () => {
    expect(problemsOf({ "flowgate.yaml": "name: web\nname: web\n" })).toMatchObject([
      { file: "flowgate.yaml", line: 2, message: expect.stringContaining("duplicated") },
    ]);
  });

  test("may be empty or all comments", () => {
    expect(readApp(anAppFolder({ "flowgate.yaml": "# nothing yet\n" }), "web").manifest.name).toBe(
      "web",
    );
  });

  test("tells another app's name together with what is wrong besides", () => {
    const paths = problemsOf({ "flowgate.yaml": "name: other\ngates: 1\n" }).map(
      ({ path }) => path,
    );

    expect(paths).toEqual(["name", "gates"]);
  });

  test("has to name the app of the URL", () => {
    expect(problemsOf({ "flowgate.yaml": "\nname: other\n" })).toEqual([
      {
        file: "flowgate.yaml",
        line: 2,
        path: "name",
        message: "is other, but the bundle was sent for the app web",
      },
    ]);
  });

  test.each([
    ["run: ../run.yml", "run", "a path inside the app folder, with forward slashes"],
    ["run: nope/run.yml", "run", "nope/run.yml is not in the bundle; did you mean web/run.yml?"],
    [
      "datasets: [web/data.jsonl, web/more.jsonl]",
      "datasets.1",
      "web/more.jsonl is not in the bundle",
    ],
    ["variants: ['${ask.two}']", "variants.0", "web/flow.dag.yaml has no ${ask.two}"],
    ["deploy: {rollout: {steps: [50, 10]}}", "deploy.rollout.steps", "the last step is 100"],
  ])("%s is a problem at %s", (text, path, message) => {
    expect(problemsOf({ "flowgate.yaml": text })).toContainEqual({
      file: "flowgate.yaml",
      line: 1,
      path,
      message,
    });
  });

  test("finds a file that is written with ./", () => {
    const files = anAppFolder({ "flowgate.yaml": "run: ./web/run.yml\n" });

    expect(readApp(files, "web").manifest.run).toBe("web/run.yml");
  });

  test("takes variants that the flow has", () => {
    const flow = "nodes: []\nnode_variants:\n  ask:\n    variants:\n      two: {}\n";
    const files = anAppFolder({
      "web/flow.dag.yaml": flow,
      "flowgate.yaml": "variants: ['${ask.two}']\n",
    });

    expect(readApp(files, "web").manifest.variants).toEqual(["${ask.two}"]);
  });

  test("with aliases of aliases is refused before it grows", () => {
    const lists = Array.from(
      { length: 9 },
      (_, n) => `l${n + 1}: &l${n + 1} [${Array.from({ length: 9 }, () => `*l${n}`).join(",")}]`,
    );

    expect(problemsOf({ "flowgate.yaml": ["l0: &l0 x", ...lists].join("\n") })).toMatchObject([
      { message: expect.stringContaining("aliases") },
    ]);
  });
});

describe("a run YAML", () => {
  test("may override connections, variables, init, names and tags", () => {
    const run = [
      "flow: flow.dag.yaml",
      "data: ./data.jsonl",
      "column_mapping: {url: '${data.url}', limit: 3}",
      "connections: {ask: {connection: openai, deployment_name: gpt}}",
      "environment_variables: vars.env",
      "init: init.json",
      "display_name: Nightly",
      "tags: {team: search, empty: null}",
      "runtime: ours-to-say",
      "",
    ].join("\n");
    const files = anAppFolder({
      "web/run.yml": run,
      "web/vars.env": '# comment\nexport A=1\nB="two words"\n',
      "web/init.json": '{"model": "small"}',
    });

    expect(readApp(files, "web").baseRun).toMatchObject({
      flow: "web",
      flowFile: "flow.dag.yaml",
      data: "web/data.jsonl",
      columnMapping: { url: "${data.url}", limit: "3" },
      connections: { ask: { connection: "openai", deployment_name: "gpt" } },
      environmentVariables: { A: "1", B: "two words" },
      init: { model: "small" },
      displayName: "Nightly",
      tags: { team: "search", empty: "" },
    });
  });

  test.each([
    ["data: data.jsonl", "flow", "needed: the folder of the flow, relative to this file"],
    ["flow: nope", "flow", "nope is not in the bundle; only DAG flows can be run"],
    [
      "flow: ../deployment",
      "flow",
      "../deployment has no flow.dag.yaml; only DAG flows can be run",
    ],
    [
      "flow: azureml:flow:1",
      "flow",
      "azureml:flow:1 lies outside; what is evaluated has to be in the bundle",
    ],
    [
      "{flow: ., data: 'https://example.org/d.jsonl'}",
      "data",
      "https://example.org/d.jsonl lies outside; what is evaluated has to be in the bundle",
    ],
    ["{flow: ., data: ../../d.jsonl}", "data", "../../d.jsonl leads out of the app folder"],
    [
      "{flow: ., data: /etc/passwd}",
      "data",
      "/etc/passwd has to be relative to this file, with forward slashes",
    ],
    ["{flow: ., data: nope.jsonl}", "data", "nope.jsonl is not in the bundle"],
    ["{flow: ., data: ../deployment}", "data", "../deployment is a folder; name one file"],
    [
      "{flow: ., run: earlier}",
      "run",
      "a base run starts from data, not from another run; remove it",
    ],
    [
      "{flow: ., environment_variables: nope.env}",
      "environment_variables",
      "nope.env is not in the bundle",
    ],
    ["{flow: ., variant: two}", "variant", "has to be written as ${node.variant}"],
  ])("%s is refused at %s", (text, path, message) => {
    const { code, problems } = refusalOf({ "web/run.yml": text });

    expect(code).toBe("BUNDLE_INVALID");
    expect(problems).toContainEqual({ file: "web/run.yml", line: 1, path, message });
  });

  test("names a variant that the flow has", () => {
    expect(problemsOf({ "web/run.yml": "{flow: ., variant: '${ask.two}'}" })).toEqual([
      {
        file: "web/run.yml",
        line: 1,
        path: "variant",
        message: "web/flow.dag.yaml has no ${ask.two}",
      },
    ]);
  });

  test("leads to a flow that parses", () => {
    expect(problemsOf({ "web/flow.dag.yaml": "nodes:\n  - name: [\n" })).toMatchObject([
      { file: "web/flow.dag.yaml", line: expect.any(Number) },
    ]);
    expect(problemsOf({ "evaluation/accuracy/flow.dag.yaml": "- a list\n" })).toEqual([
      {
        file: "evaluation/accuracy/flow.dag.yaml",
        line: 1,
        message: "has to be a map of keys and values",
      },
    ]);
  });
});

test("a gate that nothing could pass is refused", () => {
  const gate = "gate:\n  metrics:\n    - { name: accuracy, min: 60 }\n";

  expect(problemsOf({ "flowgate.yaml": gate })).toEqual([
    {
      file: "flowgate.yaml",
      line: 3,
      path: "gate.metrics.0.min",
      message: "accuracy is a share from 0 to 1, so nothing could ever pass",
    },
  ]);
});

describe("deployment files", () => {
  test("have to be there where the manifest names them", () => {
    expect(problemsOf({ "flowgate.yaml": "deploy:\n  model: deployment/other.yaml\n" })).toEqual([
      {
        file: "flowgate.yaml",
        line: 2,
        path: "deploy.model",
        message: "deployment/other.yaml is not in the bundle",
      },
    ]);
  });

  test("may be lacking until somebody deploys", () => {
    const files = anAppFolder({ "deployment/model.yaml": null, "deployment/endpoint.yaml": null });
    const app = readApp(files, "web");

    expect(() => requireDeployable(app)).toThrow(
      expect.objectContaining({
        code: "MANIFEST_INVALID",
        problems: [
          expect.objectContaining({ path: "deploy.model" }),
          expect.objectContaining({ path: "deploy.endpoint" }),
        ],
      }),
    );
  });

  test("are read before anything is paid for, every problem at once", () => {
    const files = anAppFolder({
      "deployment/model.yaml": "path: ../web\n",
      "deployment/deployment.yaml": "instance_type: Standard_E4s_v3\n",
    });
    const app = readApp(files, "web");

    expect(() => requireDeployable(app)).toThrow(
      expect.objectContaining({
        problems: [
          expect.objectContaining({ file: "deployment/model.yaml", path: "name" }),
          expect.objectContaining({ file: "deployment/deployment.yaml" }),
        ],
      }),
    );
  });

  test("have to parse wherever they are", () => {
    const problems = problemsOf({
      "deployment/endpoint.yaml": "a: b: c\n",
      "deployment/sample-request.json": "{url}",
    });

    expect(problems).toMatchObject([
      { file: "deployment/endpoint.yaml", line: 1 },
      {
        file: "deployment/sample-request.json",
        line: 1,
        message: expect.stringMatching(/^is not valid JSON: a key/),
      },
    ]);
  });
});
