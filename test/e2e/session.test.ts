import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, inject, test } from "vitest";
import type { Pipeline } from "#domain/pipeline.ts";
import { backDoorAt } from "#kit/back-door.ts";
import { durableHistory } from "#kit/durable-history.ts";
import { flowgateAt } from "#kit/flowgate.ts";
import { aPythonApp } from "#kit/python-app.ts";

const stack = inject("stack");
const flowgate = flowgateAt(stack.functions);
const backDoor = backDoorAt(stack);

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const WORD = /quillwort \d/i;
const DEPLOYMENT = /^fg-[0-9a-f]{12}$/;

/** Seven answers are right; every row has a word that nothing else in the repository has. */
const rows = [1, 2, 3, 4, 5, 6, 7, 8].map((line) => ({
  question: `quillwort ${line}`,
  expected: line === 8 ? "something else" : `QUILLWORT ${line}`,
}));

const succeeded = (name: string) => ({
  name,
  status: "succeeded",
  startedAt: TIME,
  endedAt: TIME,
  attempts: 1,
});

describe("a pipeline in a session that passes and deploys", () => {
  let pipeline: Pipeline;
  beforeAll(async () => {
    pipeline = await flowgate.run("in-session", aPythonApp({ name: "in-session", rows }), {
      deploy: true,
      commit: {
        repository: "octo/flows",
        sha: "4be9d1c2a7",
        ref: "refs/heads/main",
        actor: "mona",
        runUrl: "https://github.com/octo/flows/actions/runs/1",
      },
    });
  });

  test("its document tells everything that became of it", () => {
    const { id } = pipeline;
    const suffix = id.slice(-12);
    const deployment = pipeline.deployment?.deployment ?? "";
    expect(id).toMatch(/^in-session-[0-9a-f]{12}$/);
    expect(deployment).toMatch(DEPLOYMENT);
    expect(pipeline).toEqual({
      id,
      app: "in-session",
      bundle: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      data: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      trigger: "http",
      commit: {
        repository: "octo/flows",
        sha: "4be9d1c2a7",
        ref: "refs/heads/main",
        actor: "mona",
        runUrl: "https://github.com/octo/flows/actions/runs/1",
      },
      status: "succeeded",
      stage: "done",
      verdict: {
        outcome: "passed",
        reasons: ["accuracy is 0.875 over 8 rows (7 right, 1 wrong), at least 0.6"],
        metrics: {
          accuracy: {
            value: 0.875,
            reported: 0.875,
            low: expect.closeTo(0.5291, 4),
            high: expect.closeTo(0.9776, 4),
            min: 0.6,
            ok: true,
          },
        },
        rows: { expected: 8, correct: 7, incorrect: 1, failed: 0, missing: 0 },
      },
      runs: [
        {
          variant: null,
          baseRun: `${id}-base-0`,
          evaluationRun: `${id}-evaluation-0`,
          status: "Completed",
          metrics: { accuracy: 0.875 },
        },
      ],
      deployment: {
        outcome: "deployed",
        reason: null,
        model: "azureml:in-session-model:1",
        endpoint: "in-session-endpoint",
        deployment,
        scoringUri: `${stack.azureMl}/endpoints/in-session-endpoint/score`,
        traffic: { [deployment]: 100 },
      },
      resources: [
        {
          kind: "session",
          name: expect.stringMatching(new RegExp(`^[0-9a-f]{36}${suffix}$`)),
          state: "deleted",
        },
      ],
      steps: [
        succeeded("publishStarted"),
        succeeded("validate"),
        succeeded("uploadFlow"),
        succeeded("uploadEvaluation"),
        succeeded("uploadData"),
        succeeded("createSession"),
        succeeded("runFlow"),
        succeeded("runEvaluation"),
        succeeded("readMetrics"),
        succeeded("collectRows"),
        succeeded("decide"),
        succeeded("publishEvaluation"),
        succeeded("deleteSession"),
        succeeded("acquireEndpoint"),
        succeeded("registerModel"),
        succeeded("ensureEndpoint"),
        succeeded("assignEndpointRole"),
        succeeded("createDeployment"),
        succeeded("smokeTest"),
        succeeded("shiftTraffic"),
        succeeded("retireDeployments"),
        succeeded("publishDeployment"),
        succeeded("publishCompleted"),
      ],
      error: null,
      createdAt: TIME,
      updatedAt: TIME,
    });
  });

  test("no step ends before it began, or after the document's last change", () => {
    for (const { name, startedAt, endedAt } of pipeline.steps) {
      expect([startedAt, endedAt, pipeline.updatedAt], name).toEqual(
        [startedAt, endedAt, pipeline.updatedAt].toSorted(),
      );
    }
  });

  test("its session is gone from the workspace, its runs, model and deployment carry the bundle", async () => {
    const left = await backDoor.inventoryOf("in-session", [pipeline.id]);

    expect(left.map(({ kind, name }) => `${kind} ${name}`)).toEqual(
      expect.arrayContaining([
        `run ${pipeline.id}-base-0`,
        `run ${pipeline.id}-evaluation-0`,
        "model in-session-model:1",
        "endpoint in-session-endpoint",
        `deployment ${pipeline.deployment?.deployment}`,
      ]),
    );
    expect(left.filter(({ kind }) => kind === "session")).toEqual([]);
    const made = left.filter(({ kind }) => ["run", "model", "deployment"].includes(kind));
    expect(made.map(({ tags }) => tags["flowgate.bundle"])).toEqual(Array(4).fill(pipeline.bundle));
  });

  test("four events tell of it in sequence, each with what was decided by then", async () => {
    const events = await backDoor.eventsOf("in-session");

    const { bundle, commit, runs, verdict, deployment } = pipeline;
    const about = { id: pipeline.id, app: "in-session", bundle, commit };
    const envelope = (sequence: string, type: string) => ({
      specversion: "1.0",
      id: `${pipeline.id}-${sequence}`,
      source: "/flowgate/in-session",
      subject: `/apps/in-session/pipelines/${pipeline.id}`,
      type,
      time: TIME,
      datacontenttype: "application/json",
      dataschema: `urn:flowgate:event:${type}:1`,
      sequence,
    });
    const running = { ...about, status: "running" };
    expect(events).toEqual([
      {
        ...envelope("1", "Flowgate.PipelineStarted"),
        data: { ...running, verdict: null, runs: [], deployment: null },
      },
      {
        ...envelope("2", "Flowgate.EvaluationCompleted"),
        data: { ...running, verdict, runs, deployment: null },
      },
      {
        ...envelope("3", "Flowgate.DeploymentCompleted"),
        data: { ...running, verdict, runs, deployment },
      },
      {
        ...envelope("4", "Flowgate.PipelineCompleted"),
        data: { ...about, status: "succeeded", verdict, runs, deployment },
      },
    ]);
  });

  test("no content of a row is in document, events, durable history or log", async () => {
    const histories = await durableHistory(stack.functions, pipeline.id);
    const history = [...histories.values()].join("\n");
    const log = readFileSync(stack.log, "utf8");

    expect([...histories.keys()]).toEqual(
      expect.arrayContaining([
        pipeline.id,
        `${pipeline.id}-assets`,
        `${pipeline.id}-environment`,
        `${pipeline.id}-run-0`,
        `${pipeline.id}-removal`,
      ]),
    );
    expect(history).toContain("collectRows");
    expect(log).toContain("collectRows");
    expect(JSON.stringify((await flowgate.rows(pipeline.id)).body)).toMatch(WORD);
    expect(JSON.stringify(pipeline)).not.toMatch(WORD);
    expect(JSON.stringify(await backDoor.eventsOf("in-session"))).not.toMatch(WORD);
    expect(history).not.toMatch(WORD);
    expect(log).not.toMatch(WORD);
  });

  test("no address that carries Durable's key is in an answer", async () => {
    const started = await flowgate.start({
      app: "in-session",
      bundle: pipeline.bundle,
      deploy: true,
      commit: pipeline.commit,
    });

    expect(started.status).toBe(200);
    expect(started.body).toEqual(pipeline);
    expect(JSON.stringify([...started.headers, started.body])).not.toMatch(/durabletask|code=/);
  });

  test("the endpoint answers as the flow does", async () => {
    const { endpoint, scoringUri } = pipeline.deployment ?? {};

    await expect(
      backDoor.score(endpoint ?? "", scoringUri ?? "", { question: "Bog myrtle" }),
    ).resolves.toEqual({ answer: "BOG MYRTLE" });
  });
});
