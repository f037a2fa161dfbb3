import { expect, test } from "vitest";
import { inWords } from "#scripts/demo/flowgate.ts";

test("a refusal is shown with a line for each problem, not as JSON", () => {
  const problems = [
    { file: "flowgate.yaml", line: 3, path: "gate", message: "has to be a map" },
    { file: "web/a.json", message: "is not JSON" },
    { message: "and more" },
  ];

  expect(inWords({ detail: "The app folder has 3 problems.", problems })).toBe(
    [
      "The app folder has 3 problems.",
      "  flowgate.yaml:3 gate: has to be a map",
      "  web/a.json: is not JSON",
      "  and more",
    ].join("\n"),
  );
});
