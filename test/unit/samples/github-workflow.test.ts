import { unzipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { DIGEST, ID, readScript, readWorkflow, runScript, startFlowgate } from "./run-workflow.ts";

const PIPELINE = `GET /api/pipelines/${ID}`;

const rows = { expected: 8, correct: 7, incorrect: 1, failed: 0, missing: 0 };
const passed = {
  id: ID,
  bundle: DIGEST,
  status: "succeeded",
  stage: "done",
  verdict: {
    outcome: "passed",
    reasons: ["accuracy is 0.875 over 8 rows (7 right, 1 wrong), at least 0.6"],
    metrics: {
      accuracy: { value: 0.875, reported: 0.88, low: 0.5291, high: 0.97758, min: 0.6, ok: true },
    },
    rows,
  },
  deployment: {
    outcome: "deployed",
    reason: null,
    endpoint: "web-classification-endpoint",
    deployment: "d-abababababab",
  },
  error: null,
};
const ended = (changes: object) => () => Response.json({ ...passed, ...changes });

const verdict = (outcome: string, reasons: readonly string[] = []) => ({
  ...passed.verdict,
  outcome,
  reasons,
});

describe("the job ends by the verdict", () => {
  test.each([
    ["passed and deployed", {}, 0],
    ["passed, deployment not wanted", { deployment: { outcome: "skipped", reason: "branch" } }, 0],
    ["passed, nothing deployed, yet failed", { status: "failed", deployment: null }, 3],
    ["failed", { verdict: verdict("failed"), deployment: null }, 1],
    ["inconclusive", { verdict: verdict("inconclusive"), deployment: null }, 2],
    ["error", { status: "failed", verdict: verdict("error"), deployment: null }, 3],
    ["no verdict", { status: "failed", verdict: null, deployment: null }, 3],
    ["canceled", { status: "canceled", verdict: null, deployment: null }, 4],
    ["canceled after it passed", { status: "canceled" }, 4],
    ["deployment failed", { status: "failed", deployment: { outcome: "failed" } }, 5],
    ["rolled back", { status: "failed", deployment: { outcome: "rolledBack" } }, 5],
    ["a verdict nobody knows", { verdict: verdict("fine") }, 3],
  ])("%s", async (_, changes, code) => {
    await using flowgate = await startFlowgate({ [PIPELINE]: ended(changes) });

    expect((await runScript(flowgate.url)).code).toBe(code);
  });
});

describe("what it sends", () => {
  test("the app folder as a zip, then a pipeline that names the commit and the attempt", async () => {
    await using flowgate = await startFlowgate({ [PIPELINE]: ended({}) });

    await runScript(`${flowgate.url}/`);

    const [bundle, pipeline, poll] = flowgate.seen;
    expect(flowgate.seen.map(({ key }) => key)).toEqual(["the-key", "the-key", "the-key"]);
    expect(Object.keys(unzipSync(bundle?.body ?? Buffer.of()))).toEqual(
      expect.arrayContaining(["flowgate.yaml", "web-classification/flow.dag.yaml"]),
    );
    expect(JSON.parse(String(pipeline?.body))).toEqual({
      app: "web-classification",
      bundle: DIGEST,
      attempt: 2,
      commit: {
        repository: "octo/pages",
        sha: "0123456789012345678901234567890123456789",
        ref: "refs/heads/main",
        actor: "octocat",
        runUrl: "https://github.example/octo/pages/actions/runs/42",
      },
    });
    expect(poll?.path).toBe(`/api/pipelines/${ID}`);
  });

  test("asks for no deployment where only an evaluation is wanted", async () => {
    await using flowgate = await startFlowgate({ [PIPELINE]: ended({}) });

    await runScript(flowgate.url, { EVALUATE_ONLY: "true" });

    expect(JSON.parse(String(flowgate.seen[1]?.body))).toMatchObject({ deploy: false });
  });

  test("a branch name is text, whatever it says", async () => {
    await using flowgate = await startFlowgate({ [PIPELINE]: ended({}) });
    const ref = 'refs/heads/"$(touch /tmp/x)"`id`;\\';

    const { code } = await runScript(flowgate.url, { GITHUB_REF: ref });

    expect(code).toBe(0);
    expect(JSON.parse(String(flowgate.seen[1]?.body))).toMatchObject({ commit: { ref } });
  });
});

describe("what it shows", () => {
  test("reasons, metrics, rows and the deployment", async () => {
    await using flowgate = await startFlowgate({ [PIPELINE]: ended({}) });

    const { output, summary } = await runScript(flowgate.url);

    expect(summary).toBe(`### Flowgate: passed

- accuracy is 0.875 over 8 rows (7 right, 1 wrong), at least 0.6

| metric | value | interval | asked for | |
| --- | --- | --- | --- | --- |
| accuracy | 0.875 | 0.529 to 0.978 | at least 0.6 | ok |

| rows | correct | incorrect | failed | missing |
| --- | --- | --- | --- | --- |
| 8 | 7 | 1 | 0 | 0 |

Deployment: deployed, web-classification-endpoint/d-abababababab

Pipeline \`${ID}\`, bundle \`${DIGEST}\`
`);
    expect(output).toContain(summary);
  });

  test("which slices do not hold, and what changed against the deployment that serves", async () => {
    const slice = { by: "data.kind", rows: 4, share: 0.25, min: 0.5 };
    const newlyBroken = Array.from({ length: 12 }, (_, line) => line);
    const more = {
      ...verdict("failed"),
      slices: [
        { ...slice, value: "<b>|", correct: 1, ok: false },
        { ...slice, value: null, correct: 0, ok: false },
        { ...slice, value: "fine", correct: 4, ok: true },
      ],
      baseline: { deployment: "fg-1", rows: 12, newlyBroken, newlyFixed: [], pValue: 0.01 },
    };
    await using flowgate = await startFlowgate({ [PIPELINE]: ended({ verdict: more }) });

    expect((await runScript(flowgate.url)).summary).toContain(`
| slice | right | asked for |
| --- | --- | --- |
| data.kind &lt;b>\\| | 1 of 4 | at least 0.5 |
| data.kind not there | 0 of 4 | at least 0.5 |

Against fg-1: newly broken rows 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and more, newly fixed none
`);
  });

  test("the error of a pipeline that could not measure", async () => {
    const error = { code: "DATASET_EMPTY", message: "data.jsonl has no rows" };
    await using flowgate = await startFlowgate({
      [PIPELINE]: ended({ status: "failed", verdict: verdict("error"), deployment: null, error }),
    });

    expect((await runScript(flowgate.url)).summary).toContain(
      "### Flowgate: error\n\n- DATASET_EMPTY: data.jsonl has no rows\n",
    );
  });

  test("no text of others becomes a command to the runner, or markup", async () => {
    const hostile = verdict("failed", ["a | b\n::set-output name=x::y\n<img src=x>"]);
    await using flowgate = await startFlowgate({ [PIPELINE]: ended({ verdict: hostile }) });

    const { output, summary } = await runScript(flowgate.url);

    expect(summary).toContain("- a \\| b ::set-output name=x::y &lt;img src=x>\n");
    expect(output).not.toMatch(/^::/m);
  });
});

describe("the workflow is safe to paste", () => {
  test("no expression of GitHub's stands inside the script", async () => {
    expect((await readScript()).run).not.toContain("${{");
  });

  test("secrets come in through the environment of that one step", async () => {
    const { env } = await readScript();

    expect(env).toMatchObject({
      FLOWGATE_URL: expect.stringMatching(/^\$\{\{ secrets\.FLOWGATE_URL \}\}$/),
      FLOWGATE_KEY: expect.stringMatching(/^\$\{\{ secrets\.FLOWGATE_KEY \}\}$/),
    });
  });

  test("it runs on push and by hand, never on a pull request, and may only read", async () => {
    const { on, permissions } = await readWorkflow();

    expect(Object.keys(on)).toEqual(["push", "workflow_dispatch"]);
    expect(permissions).toEqual({ contents: "read" });
  });
});
