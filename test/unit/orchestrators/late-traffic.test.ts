import { describe, expect, test } from "vitest";
import type { Script } from "#kit/drive.ts";
import { endpointWith, failing, run } from "#kit/good-days.ts";

describe("traffic that Azure reads back late", () => {
  /** After the first step it cannot be read until the next change is asked for, and tells the earlier traffic then. */
  function unreadStep(restore: (traffic: unknown) => unknown) {
    const endpoint = endpointWith({ old: 100 });
    const asked: unknown[] = [];
    let unread = false;
    const { document } = run({
      ...endpoint,
      setTraffic: ({ traffic }: { traffic: Record<string, number> }) => {
        asked.push(traffic);
        unread = asked.length === 1;
        return asked.length === 1 ? {} : restore(traffic);
      },
      readEndpoint: () => {
        if (unread) failing("AZURE_REFUSED", false)();
        return endpoint.readEndpoint();
      },
    } as Script);
    return { asked, deployment: document.deployment };
  }

  test("is set back, though the earlier traffic is still read", () => {
    const { asked, deployment } = unreadStep(() => ({}));

    expect(asked).toEqual([{ old: 90, "fg-1": 10 }, { old: 100 }]);
    expect(deployment?.outcome).toBe("rolledBack");
  });

  test("is not back where that was refused, though the earlier traffic is still read", () => {
    const { deployment } = unreadStep(failing("AZURE_REFUSED", false));

    expect(deployment).toMatchObject({
      outcome: "failed",
      reason: expect.stringContaining('Give shop-endpoint the traffic {"old":100}'),
    });
  });

  test("is set back where nobody knows whether it was moved", () => {
    const endpoint = endpointWith({ old: 100 });
    const { inputs, document } = run({
      ...endpoint,
      setTraffic: ((next: { traffic: Record<string, number> }) =>
        "fg-1" in next.traffic
          ? failing("AZURE_BUSY", true)()
          : endpoint.setTraffic(next)) as never,
    } as Script);

    const asked = inputs.filter(({ name }) => name === "setTraffic").map(({ input }) => input);
    expect(asked.at(-1)).toEqual({ endpoint: "shop-endpoint", traffic: { old: 100 } });
    expect(document.deployment?.outcome).toBe("rolledBack");
  });
});

test("a bundle is not taken to serve already while its endpoint is changing", () => {
  const endpoint = endpointWith({ old: 100 });
  let reads = 0;
  const { document } = run({
    ...endpoint,
    readEndpoint: () => {
      reads += 1;
      if (reads > 1) return endpoint.readEndpoint();
      const traffic = { "fg-1": 100 };
      return { ...endpoint.readEndpoint(), state: "pending", traffic, deployments: ["fg-1"] };
    },
  } as Script);

  expect(document.deployment).toMatchObject({ outcome: "deployed", traffic: { "fg-1": 100 } });
});

test("traffic whose first move was refused never moved: the candidate goes, and nothing is set back", () => {
  const { called, document } = run({
    ...endpointWith({ old: 100 }),
    setTraffic: failing("AZURE_REFUSED", false),
  } as Script);

  expect(called.filter((name) => name === "setTraffic")).toHaveLength(1);
  expect(called).toContain("removeDeployment");
  expect(document.deployment).toMatchObject({
    outcome: "failed",
    reason: "AZURE_REFUSED: no luck",
    traffic: { old: 100 },
  });
});
