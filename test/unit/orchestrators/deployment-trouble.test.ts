import { describe, expect, test } from "vitest";
import type { Script } from "#kit/drive.ts";
import { failing, ready, run } from "#kit/good-days.ts";
import { anAccepted, aPolicy } from "#kit/pipelines.ts";

const HOUR_MS = 60 * 60_000;

function endpointWith(first: Record<string, number>, deployments = Object.keys(first)) {
  let traffic = first;
  return {
    readEndpoint: () => ({
      ...ready,
      scoringUri: "https://shop/score",
      principalId: "e",
      traffic,
      deployments,
    }),
    setTraffic: ({ traffic: next }: { traffic: Record<string, number> }) => {
      traffic = next;
      return {};
    },
  };
}

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

  test("when the smoke request is not answered", () => {
    const { document } = run({
      ...endpointWith({ old: 100 }),
      smokeTest: () => ({ ok: false, message: "answered 424" }),
    } as Script);

    expect(document.error).toMatchObject({ code: "SMOKE_FAILED" });
    expect(document.deployment?.traffic).toEqual({ old: 100 });
  });
});

test("what stands under our name but is not ours is neither taken for ours nor removed", () => {
  const { document, called } = run({
    ...endpointWith({ "fg-1": 100 }, []),
    startDeployment: failing("DEPLOYMENT_FAILED", false),
  } as Script);

  expect(document.deployment).toMatchObject({ outcome: "failed", traffic: { "fg-1": 100 } });
  expect(called).not.toContain("removeDeployment");
});

test("a way back that cannot be read afterwards still counts as one", () => {
  let broken = false;
  const endpoint = endpointWith({ old: 100 });
  const { document } = run({
    ...endpoint,
    setTraffic: (() => {
      broken = true;
      return failing("AZURE_REFUSED", false)();
    }) as never,
    readEndpoint: (() =>
      broken ? failing("AZURE_REFUSED", false)() : endpoint.readEndpoint()) as never,
  } as Script);

  expect(document.deployment).toMatchObject({
    outcome: "rolledBack",
    endpoint: "shop-endpoint",
    deployment: "fg-1",
  });
});
