import { describe, expect, test } from "vitest";
import type { LoggedMetrics } from "#domain/gate/evidence.ts";
import { GatePolicy } from "#domain/gate/policy.ts";
import type { Script } from "#kit/drive.ts";
import { dataset, evidenceOf, failing, gone, ready, run, uploaded } from "#kit/good-days.ts";
import { anAccepted, aPolicy } from "#kit/pipelines.ts";

const PRODUCTION = ["registerModel", "ensureEndpoint", "startDeployment", "setTraffic"];

describe("a pipeline that passes its gate", () => {
  test("deploys, sends all traffic there, and ends succeeded with every step over", () => {
    const { document, called } = run();

    expect(document).toMatchObject({
      status: "succeeded",
      stage: "done",
      verdict: { outcome: "passed" },
      deployment: {
        outcome: "deployed",
        model: "azureml:shop-model:3",
        endpoint: "shop-endpoint",
        deployment: "fg-1",
        traffic: { "fg-1": 100 },
      },
      error: null,
    });
    expect(called.filter((name) => PRODUCTION.includes(name))).toEqual(PRODUCTION);
    expect(document.steps.filter(({ endedAt }) => endedAt === null)).toEqual([]);
  });

  test("publishes its events in order, without gaps", () => {
    expect(run().events.map(({ type, sequence }) => `${sequence} ${type}`)).toEqual([
      "1 Flowgate.PipelineStarted",
      "2 Flowgate.EvaluationCompleted",
      "3 Flowgate.DeploymentCompleted",
      "4 Flowgate.PipelineCompleted",
    ]);
  });

  test("uses explicit instance ids for its branches", () => {
    expect(run().children).toEqual([
      "shop-0123456789ab-event-1",
      "shop-0123456789ab-assets",
      "shop-0123456789ab-environment",
      "shop-0123456789ab-run-0",
      "shop-0123456789ab-event-2",
      "shop-0123456789ab-removal",
      "shop-0123456789ab-deployment",
      "shop-0123456789ab-model",
      "shop-0123456789ab-endpoint",
      "shop-0123456789ab-event-3",
      "shop-0123456789ab-event-4",
    ]);
  });

  test("is skipped, with the reason, where deployment was not wanted", () => {
    const accepted = anAccepted({
      deploy: { wanted: false, reason: "a pull request never deploys" },
    });
    const { document, called } = run({}, accepted);

    expect(document).toMatchObject({
      status: "succeeded",
      deployment: { outcome: "skipped", reason: "a pull request never deploys" },
    });
    expect(called.filter((name) => PRODUCTION.includes(name))).toEqual([]);
  });

  test("touches nothing where its bundle serves already", () => {
    const { document, called, events } = run({
      readEndpoint: () => ({
        ...ready,
        scoringUri: "https://shop/score",
        principalId: "e",
        traffic: { "fg-1": 100 },
        deployments: ["fg-1"],
      }),
    });

    expect(document.deployment).toMatchObject({ outcome: "skipped", traffic: { "fg-1": 100 } });
    expect(called.filter((name) => PRODUCTION.includes(name))).toEqual([]);
    expect(events.map(({ type }) => type)).toContain("Flowgate.DeploymentCompleted");
  });
});

describe("only the verdict passed leads to production", () => {
  test.each([
    {
      what: "a metric below its bound",
      step: { collectRows: evidenceOf({ correct: 5, incorrect: 5 }) },
      status: "succeeded",
      outcome: "failed",
    },
    {
      what: "a metric that never appears",
      step: { readMetrics: () => ({ finite: {}, malformed: {} }) },
      status: "failed",
      outcome: "error",
    },
    {
      what: "a metric of another kind",
      step: { readMetrics: () => ({ finite: {}, malformed: { accuracy: '"0.9"' } }) },
      status: "failed",
      outcome: "error",
    },
    {
      what: "too many failed rows",
      step: { collectRows: evidenceOf({ correct: 9, incorrect: 0, runError: 1 }) },
      status: "failed",
      outcome: "error",
    },
    {
      what: "a run that fails",
      step: { readRun: () => ({ status: "Failed", state: "failed", error: null }) },
      status: "failed",
      outcome: "error",
    },
    {
      what: "an upload that is refused",
      step: { uploadFlow: failing("AZURE_REFUSED", false) },
      status: "failed",
      outcome: "error",
    },
    {
      what: "a bad dataset",
      step: { validate: failing("DATA_INVALID", false) },
      status: "failed",
      outcome: "error",
    },
    {
      what: "an environment that fails",
      step: { startSession: failing("AZURE_REFUSED", false) },
      status: "failed",
      outcome: "error",
    },
  ])("not $what", ({ step, status, outcome }) => {
    const { document, called } = run(step as Script);

    expect(document).toMatchObject({ status, verdict: { outcome }, deployment: null });
    expect(called.filter((name) => PRODUCTION.includes(name))).toEqual([]);
    expect(document.steps.filter(({ endedAt }) => endedAt === null)).toEqual([]);
  });
});

describe("nothing is left behind", () => {
  const onCompute = anAccepted({
    policy: aPolicy({
      environment: { kind: "compute-instance", vmSize: "Standard_DS1_v2", timeoutMs: 1_800_000 },
    }),
  });

  test("runtime first, then the compute instance; identity and role are kept", () => {
    const { document, inputs } = run({}, onCompute);

    expect(inputs.flatMap(({ name, input }) => (name === "removeResource" ? [input] : []))).toEqual(
      [
        { kind: "runtime", name: "flowgate-rt-0123456789ab" },
        { kind: "computeInstance", name: "flowgate-ci-0123456789ab" },
      ],
    );
    expect(document.resources).toEqual([
      { kind: "identity", name: "flowgate-ws", state: "kept" },
      { kind: "roleAssignment", name: "role", state: "kept" },
      { kind: "computeInstance", name: "flowgate-ci-0123456789ab", state: "deleted" },
      { kind: "runtime", name: "flowgate-rt-0123456789ab", state: "deleted" },
    ]);
  });

  test("what was only intended is removed too", () => {
    const { document } = run({ startRuntime: failing("AZURE_REFUSED", false) }, onCompute);

    expect(document.resources).toContainEqual({
      kind: "runtime",
      name: "flowgate-rt-0123456789ab",
      state: "deleted",
    });
  });

  test("the ledger knows a name before the call that creates it", () => {
    const { called } = run({}, onCompute);

    expect(
      called.slice(0, called.indexOf("startCompute")).filter((name) => name === "recordResource"),
    ).toHaveLength(3);
  });

  test("what does not go is told as leaked, after a bounded wait", () => {
    const { document, elapsedMs } = run({ readSession: () => ready });

    expect(document).toMatchObject({
      resources: [{ kind: "session", state: "leaked" }],
      error: { code: "RESOURCE_LEAKED" },
    });
    expect(elapsedMs).toBeLessThan(40 * 60_000);
  });

  test("what refuses to go is told with the reason, and what to do", () => {
    const { document } = run({ removeResource: failing("AZURE_REFUSED", false) });
    const { name } = document.resources[0] ?? {};

    expect(document.resources).toMatchObject([{ kind: "session", state: "leaked" }]);
    expect(document.error).toMatchObject({
      code: "RESOURCE_LEAKED",
      message: `The test environment was not seen to be gone: session ${name} (no luck). Remove what is left by hand, for it may cost.`,
    });
  });

  test("a record that cannot be written does not hold up the removal", () => {
    let broken = false;
    const { called } = run({
      collectRows: (input: Parameters<ReturnType<typeof evidenceOf>>[0]) => {
        broken = true;
        return evidenceOf()(input);
      },
      recordPipeline: () => {
        if (broken) failing("AZURE_REFUSED", false)();
        return {};
      },
      removeResource: () => {
        broken = false;
        return {};
      },
    });

    expect(called).toContain("removeResource");
  });
});

describe("every wait has a deadline", () => {
  test("a run that never ends is cancelled and is an error", () => {
    const { document, called } = run({
      readRun: () => ({ status: "Running", state: "running", error: null }),
    });

    expect(document.error).toMatchObject({ code: "RUN_TIMEOUT" });
    expect(called).toContain("cancelRun");
  });

  test("an environment that never comes up is an error within its timeout", () => {
    const { document, elapsedMs } = run({
      readSession: (_, attempt) => (attempt < 200 ? { state: "pending", message: "" } : gone),
    });

    expect(document.error?.code).toBe("ENVIRONMENT_TIMEOUT");
    expect(elapsedMs).toBeLessThan(60 * 60_000);
  });

  test("what is busy is tried again, and the attempts are counted", () => {
    const { document } = run({
      uploadFlow: (_, attempt) => (attempt < 3 ? failing("AZURE_BUSY", true)() : uploaded),
    });

    expect(document.steps.find(({ name }) => name === "uploadFlow")).toMatchObject({
      status: "succeeded",
      attempts: 3,
    });
  });

  test.each([
    { asked: 45_000, waits: 45_000 },
    { asked: 300_000, waits: 300_000 },
    { asked: 3_600_000, waits: 600_000 },
    { asked: 500, waits: 2_000 },
  ])("a service that asks for $asked ms is left alone for $waits ms", ({ asked, waits }) => {
    const busy = failing("AZURE_BUSY", true, { retryAfterMs: asked });
    const { elapsedMs } = run({
      uploadFlow: (_, attempt) => (attempt < 2 ? busy() : uploaded),
    });

    expect(elapsedMs - run({}).elapsedMs).toBe(waits);
  });

  test("a service that keeps asking for longer than patience gets one more try", () => {
    const busy = failing("AZURE_BUSY", true, { retryAfterMs: 300_000 });
    const { document } = run({ uploadFlow: busy });

    expect(document.steps.find(({ name }) => name === "uploadFlow")).toMatchObject({
      status: "failed",
      attempts: 2,
    });
  });
});

describe("a candidate that does not make it", () => {
  const stable = { old: 100 };

  function stableEndpoint() {
    let traffic: Record<string, number> = { ...stable };
    return {
      readEndpoint: () => ({
        ...ready,
        scoringUri: "https://shop/score",
        principalId: "e",
        traffic,
        deployments: ["old"],
      }),
      setTraffic: ({ traffic: next }: { traffic: Record<string, number> }) => {
        traffic = next;
        return {};
      },
    };
  }

  test("is removed when the smoke request fails, and no traffic ever moved", () => {
    const { document, called } = run({
      ...stableEndpoint(),
      smokeTest: () => ({ ok: false, message: "424" }),
    } as Script);

    expect(document.deployment).toMatchObject({ outcome: "failed", traffic: stable });
    expect(document.status).toBe("failed");
    expect(called).not.toContain("setTraffic");
    expect(called).toContain("removeDeployment");
  });

  test("gives the exact earlier traffic back when moving it fails", () => {
    const endpoint = stableEndpoint();
    const { document } = run({
      ...endpoint,
      setTraffic: (input: { traffic: Record<string, number> }) => {
        if (input.traffic["fg-1"] === 50) failing("AZURE_REFUSED", false)();
        return endpoint.setTraffic(input);
      },
    } as unknown as Script);

    expect(document.deployment).toMatchObject({ outcome: "rolledBack", traffic: stable });
  });

  test("that fails to come up is told with the end of its log", () => {
    const { document } = run({
      readDeployment: (_, attempt) =>
        attempt === 1 ? { state: "failed", message: "bad image" } : gone,
    });

    expect(document.deployment?.outcome).toBe("failed");
    expect(document.deployment?.reason).toContain("bad image");
    expect(document.deployment?.reason).toContain("no module");
  });

  test("moves in steps where something serves, and the old one is retired", () => {
    const { inputs, elapsedMs } = run(stableEndpoint() as unknown as Script);
    const moves = inputs.flatMap(({ name, input }) =>
      name === "setTraffic" ? [(input as { traffic: unknown }).traffic] : [],
    );

    expect(moves).toEqual([{ old: 90, "fg-1": 10 }, { old: 50, "fg-1": 50 }, { "fg-1": 100 }]);
    expect(elapsedMs).toBeGreaterThanOrEqual(120_000);
    expect(inputs).toContainEqual({
      name: "removeDeployment",
      input: { endpoint: "shop-endpoint", deployment: "old" },
    });
  });
});

describe("variants", () => {
  test("are all run, and the best that passes is deployed", () => {
    const variants = ["${ask.a}", "${ask.b}"];
    const { document, inputs } = run(
      {
        validate: () => ({ variants, datasets: [dataset] }),
        collectRows: ({ variant, logged }: { variant: string; logged: LoggedMetrics }) =>
          evidenceOf(variant === "${ask.b}" ? { correct: 10, incorrect: 0 } : {})({ logged }),
      },
      anAccepted({ policy: aPolicy({ gate: GatePolicy.parse({}) }) }),
    );

    expect(document.runs.map(({ variant }) => variant)).toEqual(variants);
    expect(inputs).toContainEqual({
      name: "registerModel",
      input: { id: "shop-0123456789ab", app: "shop", bundle: document.bundle, variant: "${ask.b}" },
    });
  });
});

test("a topic that stays down changes neither verdict nor deployment", () => {
  const { document } = run({ publishEvent: failing("AZURE_BUSY", true) });

  expect(document).toMatchObject({ status: "succeeded", deployment: { outcome: "deployed" } });
  expect(document.steps.find(({ name }) => name === "publishStarted")).toMatchObject({
    status: "failed",
    note: "no luck",
  });
});
