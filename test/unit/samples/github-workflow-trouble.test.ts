import { describe, expect, test } from "vitest";
import { DIGEST, ID, runScript, startFlowgate } from "./run-workflow.ts";

const PIPELINE = `GET /api/pipelines/${ID}`;

const ended = (changes: object) => () =>
  Response.json({
    id: ID,
    bundle: DIGEST,
    status: "succeeded",
    stage: "done",
    verdict: { outcome: "passed", reasons: [], metrics: {}, rows: null },
    deployment: null,
    error: null,
    ...changes,
  });

describe("a refusal ends the job as an error", () => {
  const problem = (status: number, more: object = {}) =>
    Response.json(
      { type: "about:blank", title: "Bad manifest", status, detail: "One problem.", ...more },
      { status, headers: { "content-type": "application/problem+json" } },
    );

  test("of the bundle, with each problem at its line", async () => {
    const problems = [
      {
        file: "flowgate.yaml",
        line: 12,
        path: "gate.metrics[0].min",
        message: "is a number\n::x::",
      },
      { message: "The zip has no run.yml." },
    ];
    await using flowgate = await startFlowgate({
      "PUT /api/apps/web-classification/bundles": () => problem(400, { problems }),
    });

    const { code, output, summary } = await runScript(flowgate.url, { APP_FOLDER: "." });

    expect(code).toBe(3);
    expect(output.split("\n")).toEqual([
      "::error title=Flowgate,file=./flowgate.yaml,line=12::gate.metrics[0].min: is a number%0A::x::",
      "::error title=Flowgate::The zip has no run.yml.",
      "::error title=Flowgate::The bundle was refused: answer 400. Bad manifest: One problem.",
      "",
    ]);
    expect(summary).toBe(
      "### Flowgate: error\n\nThe bundle was refused: answer 400. Bad manifest: One problem.\n",
    );
    expect(flowgate.seen).toHaveLength(1);
  });

  test("of the pipeline", async () => {
    await using flowgate = await startFlowgate({
      "POST /api/pipelines": () => problem(403, { title: "Not allowed" }),
    });

    const { code, output } = await runScript(flowgate.url);

    expect(code).toBe(3);
    expect(output).toContain("::The pipeline was refused: answer 403. Not allowed: One problem.");
  });

  test.each([
    [401, "is the secret FLOWGATE_KEY a key of this function app?"],
    [404, "does the secret FLOWGATE_URL name the function app, without /api?"],
  ])("%d without a body says what to look at", async (status, hint) => {
    await using flowgate = await startFlowgate({
      "PUT /api/apps/web-classification/bundles": () => new Response(null, { status }),
    });

    const { code, output } = await runScript(flowgate.url);

    expect(code).toBe(3);
    expect(output).toContain(hint);
  });

  test("of an answer that is not what was promised", async () => {
    await using flowgate = await startFlowgate({ [PIPELINE]: () => new Response("<html>") });

    expect((await runScript(flowgate.url)).code).toBe(3);
  });
});

describe("trouble on the way", () => {
  const inOrder = (...answers: readonly (() => Response)[]) => {
    const left = [...answers];
    return () => ((left.length > 1 ? left.shift() : left[0]) ?? ended({}))();
  };
  const busy = () => new Response("busy", { status: 503 });

  test("a service that is busy is asked again", async () => {
    await using flowgate = await startFlowgate({
      "POST /api/pipelines": inOrder(busy, busy, () => Response.json({ id: ID }, { status: 202 })),
      [PIPELINE]: inOrder(busy, ended({ status: "running", stage: "running" }), ended({})),
    });

    const { code, output } = await runScript(flowgate.url);

    expect(code).toBe(0);
    expect(output).toContain("POST pipelines: answer 503; once more in 0 s\n");
    expect(output).toContain("- running\n- done\n");
  });

  test("a service that stays busy refuses the bundle after five tries", async () => {
    await using flowgate = await startFlowgate({
      "PUT /api/apps/web-classification/bundles": busy,
    });

    const { code, output } = await runScript(flowgate.url);

    expect(code).toBe(3);
    expect(output).toContain("::The bundle was refused: answer 503. busy");
    expect(flowgate.seen).toHaveLength(5);
  });

  test("polling outlives a service that is busy for longer", async () => {
    const long = Array.from({ length: 7 }, () => busy);
    await using flowgate = await startFlowgate({ [PIPELINE]: inOrder(...long, ended({})) });

    const { code, output } = await runScript(flowgate.url);

    expect(code).toBe(0);
    expect(output).toContain("answer 503; the pipeline goes on by itself");
  });

  test("no answer at all is told as such", async () => {
    const { code, output } = await runScript("http://127.0.0.1:1");

    expect(code).toBe(3);
    expect(output).toMatch(/::The bundle was refused: no answer \(curl: \(7\) /);
  });

  test("a pipeline that does not end is left after the deadline", async () => {
    await using flowgate = await startFlowgate({ [PIPELINE]: ended({ status: "running" }) });

    const { code, output } = await runScript(flowgate.url, { DEADLINE_MINUTES: "0" });

    expect(code).toBe(3);
    expect(output).toContain(`Pipeline ${ID} had not ended after 0 minutes. It goes on;`);
  });

  test("a job that is canceled cancels its pipeline", async () => {
    await using flowgate = await startFlowgate({
      [PIPELINE]: ended({ status: "running", stage: "provisioning" }),
      [`POST /api/pipelines/${ID}/cancel`]: () => Response.json({}, { status: 202 }),
    });

    const { code } = await runScript(flowgate.url, {}, (line, interrupt) => {
      if (line.includes("provisioning")) interrupt();
    });

    expect(code).toBe(4);
    const { path, body } = flowgate.seen.at(-1) ?? { path: "", body: "" };
    expect([path, String(body)]).toEqual([
      `/api/pipelines/${ID}/cancel`,
      '{"reason":"The GitHub job was canceled."}',
    ]);
  });
});

describe("bad settings are refused before anything is sent", () => {
  test.each([
    ["no secrets", { FLOWGATE_KEY: "" }, "FLOWGATE_URL and FLOWGATE_KEY are not set"],
    [
      "a URL in the clear",
      { FLOWGATE_URL: "http://flowgate.example" },
      "has to begin with https://",
    ],
    ["no such folder", { APP_FOLDER: "nowhere" }, "There is no folder nowhere"],
  ])("%s", async (_, env, message) => {
    await using flowgate = await startFlowgate({});

    const { code, output } = await runScript(flowgate.url, env);

    expect(code).toBe(3);
    expect(output).toContain(message);
    expect(flowgate.seen).toEqual([]);
  });
});
