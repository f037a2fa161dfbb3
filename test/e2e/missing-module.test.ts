import { expect, inject, test } from "vitest";
import { backDoorAt } from "#kit/back-door.ts";
import { flowgateAt } from "#kit/flowgate.ts";
import { aPythonApp, pythonTool } from "#kit/python-app.ts";
import { expectNothingLeft } from "#kit/shared-flowgate.ts";
import { readResult } from "#kit/test-data.ts";

const stack = inject("stack");
const flowgate = flowgateAt(stack.functions);
const backDoor = backDoorAt(stack);

const IMAGE = "mcr.microsoft.com/azureml/promptflow/promptflow-runtime:20230808.v1";

/** A module that is there where the flow is evaluated, and not where it serves. */
const app = aPythonApp({
  name: "lacks-module",
  overlay: {
    "shout/answer.py": [
      "import os",
      "",
      'if os.environ.get("PROMPTFLOW_RUN_MODE") == "serving":',
      "    import rare_tree_names",
      pythonTool("answer(question: str) -> str", ["return question.upper()"]),
    ].join("\n"),
    // Nothing installs it here: no Python is that old.
    "shout/requirements.txt": "promptflow\nrare_tree_names; python_version < '3'\n",
    "deployment/deployment.yaml": [
      `environment: { image: "${IMAGE}" }`,
      "instance_type: Standard_E4s_v3",
      "",
    ].join("\n"),
  },
});

test("a module that only the serving environment lacks is warned of, and ends the deployment before it has traffic", async () => {
  const ended = await flowgate.run("lacks-module", app, { deploy: true });

  expect(ended).toMatchObject({
    status: "failed",
    verdict: { outcome: "passed" },
    deployment: {
      outcome: "failed",
      traffic: {},
      reason: expect.stringMatching(
        /^DEPLOYMENT_FAILED: fg-[0-9a-f]{12} failed: .* Node answer imports rare_tree_names, which the serving environment has not: .*name an image that has it.*No module named 'rare_tree_names'/s,
      ),
    },
    error: { code: "DEPLOYMENT_FAILED", node: "answer" },
  });
  const warned = ended.steps.find(({ name }) => name === "acquireEndpoint");
  expect(warned).toMatchObject({
    status: "succeeded",
    note: expect.stringMatching(
      /^The flow requires rare-tree-names \(imported at answer\.py:4\), but mcr\./,
    ),
  });
  expect(await readResult(stack.storage, `${ended.id}/deployment.log`)).toContain(
    "Failed to load python module 'answer.py:4': (ModuleNotFoundError) No module named 'rare_tree_names'",
  );
  await expectNothingLeft(ended);
  const left = await backDoor.inventoryOf("lacks-module");
  expect(left.filter(({ kind }) => kind === "deployment")).toEqual([]);
});
