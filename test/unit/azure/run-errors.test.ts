import { expect, test } from "vitest";
import { runFailure } from "#azure/run-errors.ts";

const flow = { folder: "web/flow", name: "flow" };

test("a flow that does not load is told with node, file and line", () => {
  const message =
    "Tool load failed in 'fetch': (PythonLoadError) Failed to load python module 'fetch.py:3': (ModuleNotFoundError) No module named 'bs4'.";

  expect(runFailure("r", { message }, flow)).toEqual({
    code: "RUN_FAILED",
    message: `Run r failed: ${message}`,
    node: "fetch",
    file: "web/flow/fetch.py",
    line: 3,
  });
});

test("a path on the service's machine is told as the app's own", () => {
  const message =
    "Tool load failed in 'fetch': (PythonLoadError) Failed to load python module '/mnt/x/flow/lib/fetch.py': (SyntaxError) bad";

  expect(runFailure("r", { message }, flow)).toMatchObject({
    file: "web/flow/lib/fetch.py",
    line: null,
  });
});

test("what the service adds itself wins over what its message says", () => {
  const error = {
    message: "Execution failure in 'a': (KeyError) 'x'",
    messageParameters: { node_name: "b" },
    additionalInfo: [
      { type: "x", info: { type: "KeyError", filename: "/r/flow/b.py", lineno: 9 } },
    ],
  };

  expect(runFailure("r", error, flow)).toMatchObject({
    node: "b",
    file: "web/flow/b.py",
    line: 9,
  });
});
