import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, inject, test } from "vitest";
import { flowgateAt } from "#kit/flowgate.ts";
import { aPythonApp, FOUR_RIGHT } from "#kit/python-app.ts";

const flowgate = flowgateAt(inject("stack").functions);
const counts = mkdtempSync(join(tmpdir(), "flowgate-flaky-"));
afterAll(() => rmSync(counts, { recursive: true, force: true }));

/** Right the first time it is asked about a cedar, and wrong from then on. */
const FLAKY = [
  "import os",
  `with open(os.path.join(${JSON.stringify(counts)}, question), "a") as asked:`,
  '    asked.write(".")',
  "    times = asked.tell()",
  'return "?" if question == "cedar" and times > 1 else question.upper()',
];

test("rows are repeated until the verdict is settled, and those that disagree are listed", async () => {
  const pipeline = await flowgate.run(
    "repeated-rows",
    aPythonApp({
      name: "repeated-rows",
      manifest: {
        gate: { repeats: 5, minPass: 2, metrics: [{ name: "accuracy", min: 0.75 }] },
      },
      answer: FLAKY,
    }),
  );

  // After two of five, three rows have been right twice.
  expect(pipeline).toMatchObject({
    status: "succeeded",
    verdict: {
      outcome: "passed",
      metrics: { accuracy: { value: 0.75, reported: 0.875 } },
      flaky: [2],
    },
    runs: [{ repeat: 2, status: "Completed", metrics: { accuracy: 0.875 } }],
  });
  const { items } = (await flowgate.rows(pipeline.id)).body;
  expect(
    items.map(({ outcome, repeats }) => [outcome, repeats?.map((one) => one.outcome)]),
  ).toEqual(
    FOUR_RIGHT.map(({ question }) =>
      question === "cedar"
        ? ["incorrect", ["correct", "incorrect"]]
        : ["correct", ["correct", "correct"]],
    ),
  );
});
