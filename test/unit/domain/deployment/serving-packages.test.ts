import { describe, expect, test } from "vitest";
import { planOf } from "#domain/deployment/deployment-plan.ts";
import { missingModule } from "#domain/deployment/missing-module.ts";
import { packageWarnings } from "#domain/deployment/serving-packages.ts";
import { anApp, WORKSPACE } from "#kit/deployment-app.ts";

const IMAGE = "mcr.microsoft.com/azureml/promptflow/promptflow-runtime:20230808.v1";
const deployedWith = (environment: string) =>
  `environment: ${environment}\ninstance_type: Standard_E4s_v3\n`;
const requiring = (requirements: string, more: Readonly<Record<string, string>> = {}) =>
  anApp({
    "deployment/deployment.yaml": deployedWith(`{ image: ${IMAGE} }`),
    "qa/requirements.txt": requirements,
    ...more,
  });

describe("packages that a prompt flow image does not install", () => {
  test("are named with the file that imports them, and with what to do", () => {
    const app = requiring("promptflow[azure]\npromptflow-tools\nbs4\nrank-bm25>=0.2 ; x\n", {
      "qa/fetch.py": "import json\nfrom bs4.element import Tag\n",
    });

    expect(packageWarnings(app)).toEqual([
      `The flow requires bs4 (imported at fetch.py:2), rank-bm25, but ${IMAGE} does not install a flow's requirements. If it lacks one, the new deployment does not start and gets no traffic; then name in deployment/deployment.yaml an image that has it, or an environment registered with a Conda file that names it (environment: azureml:name:version).`,
    ]);
  });

  test.each([
    ["only what it has", "--extra-index-url https://x/y\n# bs4\npromptflow==1.4\nPyYAML\nopenai\n"],
    ["nothing", ""],
    ["only an address", "https://x/y.whl\n-r more.txt\n"],
  ])("are no news where the flow requires %s", (_what, requirements) => {
    expect(packageWarnings(requiring(requirements))).toEqual([]);
  });

  test.each(["{ image: registry.example/serve:1 }", "azureml:serving:3"])(
    "are the business of whoever made the environment %s",
    (environment) => {
      const yaml = { "deployment/deployment.yaml": deployedWith(environment) };

      expect(packageWarnings(requiring("bs4\n", yaml))).toEqual([]);
    },
  );

  test("are warned of in the plan, beside what model.yaml says in vain", () => {
    const model = "name: qa-model\npath: ../qa\nstage: Production\n";
    const { warnings } = planOf(
      requiring("bs4\n", { "deployment/model.yaml": model }),
      null,
      WORKSPACE,
    );

    expect(warnings).toEqual([
      "deployment/model.yaml: stage is left out; Azure's stable API has none.",
      expect.stringMatching(/^The flow requires bs4, but mcr/),
    ]);
  });
});

describe("a module that was not found", () => {
  test("is told with the node that imports it", () => {
    const log =
      "Tool load failed in 'fetch': (PythonLoadError) Failed to load python module 'fetch.py': (ModuleNotFoundError) No module named 'bs4.element'";

    expect(missingModule(log)).toEqual({
      node: "fetch",
      advice:
        " Node fetch imports bs4.element, which the serving environment has not: no prompt flow image installs a flow's requirements.txt. In the deployment YAML, name an image that has it, or an environment registered with a Conda file that names it (environment: azureml:name:version).",
    });
  });

  test("is told without a node where none is named", () => {
    expect(missingModule("ModuleNotFoundError: No module named 'zoo'")).toMatchObject({
      node: null,
      advice: expect.stringMatching(/^ The flow imports zoo, which/),
    });
  });

  test("is not made up", () => {
    expect(missingModule("The container left with exit code 3.")).toEqual({
      node: null,
      advice: "",
    });
  });
});
