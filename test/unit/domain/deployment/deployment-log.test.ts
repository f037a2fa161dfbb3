import { describe, expect, test } from "vitest";
import { keptLog, logTail } from "#domain/deployment/deployment-log.ts";

describe("a deployment's log", () => {
  test("keeps what each container said under its name", () => {
    const log = keptLog([
      { container: "StorageInitializer", text: "downloaded\n" },
      { container: "InferenceServer", text: "started\n" },
    ]);

    expect(log).toBe(
      "--- StorageInitializer ---\ndownloaded\n\n--- InferenceServer ---\nstarted\n",
    );
  });

  test.each([
    ["Authorization: Bearer abc.def", "Authorization: Bearer ***"],
    ["GET /b?sv=1&sig=Zm9v%3D", "GET /b?sv=1&sig=***"],
    ["AccountKey=Zm9v;End=1", "AccountKey=***;End=1"],
    ['{"api_key": "k-123"}', '{"api_key": "***"}'],
    ["OPENAI_API_KEY=k-123 ready", "OPENAI_API_KEY=*** ready"],
    ["password: hunter2", "password: ***"],
    ["jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "jwt ***"],
    [`key ${"A".repeat(43)}=`, "key ***"],
    [
      "/var/azureml-app/azureml-models/web/3/flow.dag.yaml",
      "/var/azureml-app/azureml-models/web/3/flow.dag.yaml",
    ],
  ])("hides secrets: %s", (line, kept) => {
    expect(keptLog([{ container: "c", text: line }])).toContain(`\n${kept}\n`);
  });

  test("ends with at most 2,000 characters of whole lines", () => {
    const lines = Array.from({ length: 300 }, (_, index) => `line ${index} of the log`).join("\n");
    const tail = logTail(lines);

    expect(tail.length).toBeLessThanOrEqual(2_000);
    expect(tail.startsWith("line ")).toBe(true);
    expect(tail.endsWith("line 299 of the log")).toBe(true);
  });

  test("ends with 2,000 characters of a line that is longer", () => {
    expect(logTail("x".repeat(5_000))).toBe("x".repeat(2_000));
  });
});
