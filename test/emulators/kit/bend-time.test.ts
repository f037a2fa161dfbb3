import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

test("code that knows no clock sees the virtual one, and time waits for its requests", async () => {
  const program = join(import.meta.dirname, "bent.ts");
  const { stdout } = await promisify(execFile)(process.execPath, [program]);

  expect(JSON.parse(stdout)).toEqual({
    times: {
      deadline: "2026-01-01T00:00:30.000Z",
      "cut off": "2026-01-01T00:00:30.000Z",
      fetch: "2026-01-01T00:01:00.000Z",
      request: "2026-01-01T00:01:00.000Z",
      sleep: "2026-01-01T00:01:30.000Z",
    },
    now: [true, "2026-01-01T00:02:00.000Z", true],
    given: ["1970-01-01T00:00:00.000Z", 1_767_225_600_000, true],
    value: "value",
    aborted: { name: "AbortError", code: "ABORT_ERR", cause: "enough" },
    late: "TimeoutError",
  });
});
