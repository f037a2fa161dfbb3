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

  test("has no secrets", () => {
    const log = keptLog([{ container: "c", text: "Authorization: Bearer abc.def" }]);
    expect(log).toBe("--- c ---\nAuthorization: Bearer ***\n");
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
