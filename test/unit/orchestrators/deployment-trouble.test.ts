import { describe, expect, test } from "vitest";
import type { Script } from "#kit/drive.ts";
import { endpointWith, failing, ready, run } from "#kit/good-days.ts";
import { anAccepted, aPolicy } from "#kit/pipelines.ts";

const HOUR_MS = 60 * 60_000;

describe("the lock of an endpoint", () => {
  test("is given back where asking for it broke off", () => {
    const { called, document } = run({ acquireEndpoint: failing("AZURE_REFUSED", false) });

    expect(document.deployment?.outcome).toBe("failed");
    expect(called).toContain("releaseEndpoint");
  });

  test("is held anew before every change, so that it outlasts a long bake", () => {
    const { steps, bakeMs } = { steps: [10, 50, 100], bakeMs: 5 * HOUR_MS };
    const { deploy } = aPolicy();
    const policy = aPolicy({ deploy: { ...deploy, rollout: { steps, bakeMs } } });
    let now = Date.parse("2026-01-01T00:00:00Z");
    let held = 0;
    const late: string[] = [];
    const endpoint = endpointWith({ old: 100 });
    run(
      {
        ...endpoint,
        acquireEndpoint: (({ deadline }: { deadline: string }) => {
          held = Date.parse(deadline);
          return { acquired: true, holder: "" };
        }) as never,
        setTraffic: ((input: { traffic: Record<string, number> }) => {
          if (now > held) late.push(new Date(now).toISOString());
          now += bakeMs;
          return endpoint.setTraffic(input);
        }) as never,
      } as Script,
      anAccepted({ policy }),
    );

    expect(late).toEqual([]);
    expect(held).toBeGreaterThan(Date.parse("2026-01-01T10:00:00Z"));
  });
});

describe("a deployment that fails is told with all that is known of it", () => {
  test("when another pipeline keeps the endpoint", () => {
    const { document } = run({ acquireEndpoint: () => ({ acquired: false, holder: "other" }) });

    expect(document).toMatchObject({
      status: "failed",
      deployment: { outcome: "failed", endpoint: "shop-endpoint", deployment: "fg-1", model: null },
      error: { code: "ENDPOINT_BUSY" },
    });
  });

  test("when the endpoint does not come up", () => {
    const { document } = run({ ensureEndpoint: failing("AZURE_REFUSED", false) });

    expect(document).toMatchObject({
      status: "failed",
      deployment: {
        outcome: "failed",
        reason: "AZURE_REFUSED: no luck",
        model: "azureml:shop-model:3",
        endpoint: "shop-endpoint",
        deployment: "fg-1",
      },
      error: { code: "AZURE_REFUSED", message: "no luck" },
    });
  });

  test.each([
    ["is still being made", "pending", ""],
    ["is gone", "gone", ", for Azure does not know it; see whether somebody removed it"],
  ])("when it is not ready in time and %s", (_, state, lost) => {
    let removed = false;
    const { document } = run({
      ...endpointWith({ old: 100 }),
      readDeployment: () => ({ state: removed ? "gone" : state, message: "" }),
      removeDeployment: () => {
        removed = true;
        return {};
      },
    } as Script);

    expect(document.error).toMatchObject({
      code: "DEPLOYMENT_TIMEOUT",
      message: `fg-1 was not ready within 45 minutes (deploy.timeout)${lost}; its log is deployment.log.`,
    });
    expect(document.deployment).toMatchObject({ outcome: "failed", traffic: { old: 100 } });
  });

  test("when its image lacks a module, with the node and what to do", () => {
    const tail = "Tool load failed in 'rank': (ModuleNotFoundError) No module named 'zoo'";
    const { document } = run({
      ...endpointWith({ old: 100 }),
      readDeployment: ({ deployment }: { deployment: string }) =>
        deployment === "fg-1" ? { state: "failed", message: "It crashed." } : ready,
      keepDeploymentLogs: () => ({ blob: "deployment.log", tail }),
      removeDeployment: failing("AZURE_REFUSED", false),
    } as Script);

    expect(document.error).toMatchObject({ code: "DEPLOYMENT_FAILED", node: "rank" });
    expect(document.deployment).toMatchObject({
      traffic: { old: 100 },
      reason: `DEPLOYMENT_FAILED: fg-1 failed: It crashed. Node rank imports zoo, which the serving environment has not: no prompt flow image installs a flow's requirements.txt. In the deployment YAML, name an image that has it, or an environment registered with a Conda file that names it (environment: azureml:name:version). Its log is deployment.log; it ends: ${tail} The way back is not complete: no luck Give shop-endpoint the traffic {"old":100} and delete fg-1, if they are not so.`,
    });
  });

  test("when the smoke request fails for want of a module that is imported late", () => {
    const { document } = run({
      ...endpointWith({ old: 100 }),
      smokeTest: () => ({ ok: false, message: "answered 424: No module named 'zoo'" }),
    } as Script);

    expect(document.error).toMatchObject({
      code: "SMOKE_FAILED",
      message: expect.stringContaining("'zoo'. The flow imports zoo, which the serving"),
    });
  });

  test("when the smoke request is not answered", () => {
    const { document } = run({
      ...endpointWith({ old: 100 }),
      smokeTest: () => ({ ok: false, message: "answered 424" }),
    } as Script);

    expect(document.error).toMatchObject({ code: "SMOKE_FAILED" });
    expect(document.deployment?.traffic).toEqual({ old: 100 });
  });
});

test("what the plan warns of is noted at its step, before anything is registered", () => {
  const plan = { endpoint: "shop-endpoint", deployment: "fg-1" };
  const warnings = ["bs4 may be missing.", "stage is left out."];
  const { document } = run({ planDeployment: () => ({ ...plan, warnings }) });

  const step = document.steps.find(({ name }) => name === "acquireEndpoint");
  expect(step).toMatchObject({
    status: "succeeded",
    note: "bs4 may be missing. stage is left out.",
  });
  expect(document.deployment?.outcome).toBe("deployed");
});

test("what stands under our name but is not ours is neither taken for ours nor removed", () => {
  const { document, called } = run({
    ...endpointWith({ "fg-1": 100 }, []),
    startDeployment: failing("DEPLOYMENT_FAILED", false),
  } as Script);

  expect(document.deployment).toMatchObject({ outcome: "failed", traffic: { "fg-1": 100 } });
  expect(called).not.toContain("removeDeployment");
});

test("a way back that is refused is no way back: what is left to do is told", () => {
  const endpoint = endpointWith({ old: 100 });
  let moves = 0;
  const { document } = run({
    ...endpoint,
    setTraffic: ((next: { traffic: Record<string, number> }) => {
      moves += 1;
      return moves > 1 ? failing("AZURE_REFUSED", false)() : endpoint.setTraffic(next);
    }) as never,
  } as Script);

  expect(document.deployment).toMatchObject({
    outcome: "failed",
    traffic: { old: 90, "fg-1": 10 },
    reason:
      'AZURE_REFUSED: no luck The way back is not complete: no luck Give shop-endpoint the traffic {"old":100} and delete fg-1, if they are not so.',
  });
});

test("a way back of which nothing can be seen is no way back", () => {
  let broken = false;
  const endpoint = endpointWith({ old: 100 });
  const { document } = run({
    ...endpoint,
    setTraffic: (next: { traffic: Record<string, number> }) => {
      broken = true;
      return endpoint.setTraffic(next);
    },
    readEndpoint: (() =>
      broken ? failing("AZURE_REFUSED", false)() : endpoint.readEndpoint()) as never,
  } as Script);

  expect(document.deployment).toMatchObject({
    outcome: "failed",
    endpoint: "shop-endpoint",
    deployment: "fg-1",
    reason: expect.stringContaining("The way back is not complete"),
  });
});

test("a way back that was seen counts as one, though nothing can be seen afterwards", () => {
  const endpoint = endpointWith({ old: 100 });
  let looks = Number.POSITIVE_INFINITY;
  const { document } = run({
    ...endpoint,
    setTraffic: ((next: { traffic: Record<string, number> }, attempt: number) => {
      if (attempt === 2) return failing("AZURE_REFUSED", false)();
      if (attempt === 3) looks = 1;
      return endpoint.setTraffic(next);
    }) as never,
    readEndpoint: (() => {
      looks -= 1;
      return looks < 0 ? failing("AZURE_REFUSED", false)() : endpoint.readEndpoint();
    }) as never,
  } as Script);

  expect(document.deployment).toMatchObject({
    outcome: "rolledBack",
    reason: "AZURE_REFUSED: no luck",
  });
});
