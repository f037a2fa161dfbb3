import { expect, inject, test } from "vitest";
import { flowgateAt } from "#kit/flowgate.ts";
import { aPythonApp } from "#kit/python-app.ts";

const flowgate = flowgateAt(inject("stack").functions);
const APP = "against-stable";
const WAIT_MS = 5;

/** The flow answers in upper case, and takes its time; `but` is one question that it answers otherwise. */
function bundle(but: string) {
  return aPythonApp({
    name: APP,
    manifest: {
      gate: {
        metrics: [
          { name: "accuracy", min: 0.6, maxDrop: 0.1 },
          { name: "latencyP95Ms", max: 60_000 },
          { name: "tokensTotal", reportOnly: true },
        ],
      },
    },
    answer: [
      "import time",
      `time.sleep(${WAIT_MS / 1_000})`,
      `return "?" if question == "${but}" else question.upper()`,
    ],
  });
}

test("a candidate that is worse than what serves, on the same rows, is held back; which rows it broke is told", async () => {
  const first = await flowgate.run(APP, bundle("cedar"), { deploy: true });
  expect(first).toMatchObject({
    status: "succeeded",
    verdict: {
      outcome: "passed",
      reasons: expect.arrayContaining([
        `accuracy is not compared with what serves today: there is no endpoint ${APP}-endpoint`,
      ]),
      metrics: { latencyP95Ms: { max: 60_000, ok: true }, tokensTotal: { value: 0 } },
    },
    deployment: { outcome: "deployed" },
  });
  expect(first.verdict?.metrics["latencyP95Ms"]?.value).toBeGreaterThanOrEqual(WAIT_MS);
  const { deployment } = first.deployment ?? {};

  const same = await flowgate.run(APP, bundle("ash"), { deploy: true });
  expect(same).toMatchObject({
    verdict: {
      outcome: "passed",
      metrics: { accuracy: { value: 0.75, drop: 0 } },
      baseline: { deployment, rows: 4, newlyBroken: [0], newlyFixed: [2] },
    },
    deployment: { outcome: "deployed" },
  });

  const worse = aPythonApp({
    name: APP,
    manifest: { gate: { metrics: [{ name: "accuracy", min: 0.5, maxDrop: 0.1 }] } },
    answer: ['return "?" if question in ("ash", "elm") else question.upper()'],
  });
  expect(await flowgate.run(APP, worse, { deploy: true })).toMatchObject({
    status: "succeeded",
    verdict: {
      outcome: "failed",
      metrics: { accuracy: { value: 0.5, min: 0.5, maxDrop: 0.1, drop: 0.25, ok: false } },
      baseline: {
        deployment: same.deployment?.deployment,
        rows: 4,
        newlyBroken: [3],
        newlyFixed: [],
      },
    },
    deployment: null,
  });
});
