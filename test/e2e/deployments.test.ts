import { expect, inject, test } from "vitest";
import { backDoorAt } from "#kit/back-door.ts";
import { flowgateAt } from "#kit/flowgate.ts";
import { aPythonApp, pythonNode, pythonTool } from "#kit/python-app.ts";

const stack = inject("stack");
const flowgate = flowgateAt(stack.functions);
const backDoor = backDoorAt(stack);

test.concurrent("another bundle takes the traffic over, and the deployment before it is retired", async () => {
  const first = await flowgate.run("successor", aPythonApp({ name: "successor" }), {
    deploy: true,
  });
  const another = aPythonApp({ name: "successor", answer: ["return question.swapcase()"] });
  const second = await flowgate.run("successor", another, { deploy: true });

  const [old, now] = [first, second].map(({ deployment }) => deployment?.deployment ?? "");
  expect(now).not.toBe(old);
  expect(second.deployment).toMatchObject({
    outcome: "deployed",
    model: "azureml:successor-model:2",
    traffic: { [now ?? ""]: 100 },
  });
  const { properties } = await backDoor.arm<{ properties: { traffic: unknown } }>(
    "onlineEndpoints/successor-endpoint",
  );
  expect(properties.traffic).toEqual({ [now ?? ""]: 100 });
  const left = await backDoor.inventoryOf("successor");
  expect(left.filter(({ kind }) => kind === "deployment").map(({ name }) => name)).toEqual([now]);
  await expect(
    backDoor.score("successor-endpoint", second.deployment?.scoringUri ?? "", { question: "Oak" }),
  ).resolves.toEqual({ answer: "oAK" });
});

test.concurrent("a bundle that serves already is not deployed again", async () => {
  const app = aPythonApp({ name: "serving" });
  const first = await flowgate.run("serving", app, { deploy: true });
  const again = await flowgate.run("serving", app, { deploy: true, attempt: 2 });

  expect(again.id).not.toBe(first.id);
  expect(again).toMatchObject({
    status: "succeeded",
    verdict: { outcome: "passed" },
    deployment: {
      outcome: "skipped",
      reason: `${first.deployment?.deployment} serves this bundle already`,
      deployment: first.deployment?.deployment,
      traffic: first.deployment?.traffic,
    },
  });
});

test.concurrent("the best of two variants is deployed, and answers as that variant", async () => {
  const variant = (name: string) => {
    const { name: _, ...node } = pythonNode(name, { question: "${inputs.question}" });
    return { node };
  };
  const app = aPythonApp({
    name: "best-of-two",
    manifest: { variants: ["${answer.whisper}", "${answer.shout}"] },
    overlay: {
      "shout/flow.dag.yaml": JSON.stringify({
        inputs: { question: { type: "string" } },
        outputs: { answer: { type: "string", reference: "${answer.output}" } },
        nodes: [{ name: "answer", use_variants: true }],
        node_variants: {
          answer: {
            default_variant_id: "whisper",
            variants: { whisper: variant("whisper"), shout: variant("shout") },
          },
        },
      }),
      "shout/answer.py": null,
      "shout/whisper.py": pythonTool("whisper(question: str) -> str", ["return question.lower()"]),
      "shout/shout.py": pythonTool("shout(question: str) -> str", ["return question.upper()"]),
    },
  });

  const pipeline = await flowgate.run("best-of-two", app, { deploy: true });

  expect(pipeline).toMatchObject({
    status: "succeeded",
    verdict: { outcome: "passed", metrics: { accuracy: { value: 1, ok: true } } },
    deployment: { outcome: "deployed" },
    runs: [
      {
        variant: "${answer.whisper}",
        baseRun: `${pipeline.id}-base-0`,
        evaluationRun: `${pipeline.id}-evaluation-0`,
        metrics: { accuracy: 0 },
      },
      {
        variant: "${answer.shout}",
        baseRun: `${pipeline.id}-base-1`,
        evaluationRun: `${pipeline.id}-evaluation-1`,
        metrics: { accuracy: 1 },
      },
    ],
  });
  const { items } = (await flowgate.rows(pipeline.id)).body;
  expect(items.map(({ variant: of, line, outcome }) => [of, line, outcome])).toEqual([
    ["${answer.whisper}", 0, "incorrect"],
    ["${answer.whisper}", 1, "incorrect"],
    ["${answer.whisper}", 2, "incorrect"],
    ["${answer.whisper}", 3, "incorrect"],
    ["${answer.shout}", 0, "correct"],
    ["${answer.shout}", 1, "correct"],
    ["${answer.shout}", 2, "correct"],
    ["${answer.shout}", 3, "correct"],
  ]);
  await expect(
    backDoor.score("best-of-two-endpoint", pipeline.deployment?.scoringUri ?? "", {
      question: "Oak",
    }),
  ).resolves.toEqual({ answer: "OAK" });
});
