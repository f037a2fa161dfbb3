import { describe, expect, test } from "vitest";
import type { Script } from "#kit/drive.ts";
import { dataset, failing, run } from "#kit/good-days.ts";

const variants = ["${ask.a}", "${ask.b}"];
const completed = { status: "Completed", state: "completed", error: null };
const broken = {
  status: "Failed",
  state: "failed",
  error: { code: "RUN_FAILED", message: "no tool", file: "ask/tool.py", line: 3, node: "ask" },
};

/** Runs of the variants fail whose index is named. */
function withBroken(...indexes: readonly number[]): Script {
  return {
    validate: () => ({ variants, datasets: [dataset] }),
    readRun: (({ run: name }: { run: string }) =>
      indexes.some((index) => name.endsWith(`-base-${index}`)) ? broken : completed) as never,
  };
}

describe("a variant whose run fails", () => {
  test("leaves the others their chance", () => {
    const { document, inputs } = run(withBroken(0));

    expect(document).toMatchObject({
      status: "succeeded",
      verdict: { outcome: "passed" },
      deployment: { outcome: "deployed" },
      error: null,
      runs: [{ status: "Failed", evaluationRun: null }, { status: "Completed" }],
    });
    expect(document.verdict?.reasons).toContain("${ask.a} on shop/data.jsonl: no tool");
    expect(inputs).toContainEqual({
      name: "registerModel",
      input: expect.objectContaining({ variant: "${ask.b}" }),
    });
  });

  test("is why nothing was measured when it is the last one", () => {
    const { document } = run(withBroken(0, 1));

    expect(document).toMatchObject({
      status: "failed",
      verdict: { outcome: "error", reasons: ["no tool", expect.stringContaining("accuracy")] },
      error: broken.error,
      deployment: null,
    });
  });
});

describe("a run that nobody waits for any more", () => {
  test.each<[string, Script]>([
    ["cannot be read", { readRun: failing("AZURE_REFUSED", false) }],
    ["was not taken", { submitRun: failing("AZURE_REFUSED", false) }],
  ])("because it %s is cancelled, and not told as Running", (_, trouble) => {
    const { document, inputs } = run(trouble);

    expect(inputs).toContainEqual({
      name: "cancelRun",
      input: { run: "shop-0123456789ab-base-0" },
    });
    expect(document.runs).toMatchObject([{ status: "Failed" }]);
    expect(document.error).toMatchObject({ code: "AZURE_REFUSED" });
  });

  test("and that cannot be cancelled still tells why it was given up", () => {
    const { document } = run({
      readRun: () => ({ status: "Running", state: "running", error: null }),
      cancelRun: failing("AZURE_REFUSED", false),
    });

    expect(document.error?.code).toBe("RUN_TIMEOUT");
    expect(document.runs).toMatchObject([{ status: "Canceled" }]);
  });
});
