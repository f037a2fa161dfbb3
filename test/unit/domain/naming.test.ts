import { describe, expect, test } from "vitest";
import {
  computeName,
  defaultEndpointName,
  deploymentName,
  pipelineId,
  runName,
  sessionId,
  suffixOf,
} from "#domain/naming.ts";

const request = {
  app: "shop",
  bundle: `sha256:${"ab".repeat(32)}`,
  data: null,
  repository: "o/r",
  sha: "c0ffee",
  deploy: true,
  attempt: 1,
};

describe("pipeline ids", () => {
  test("equal requests have one id, made of the app and 12 hex digits", () => {
    expect(pipelineId({ ...request })).toBe(pipelineId(request));
    expect(pipelineId(request)).toMatch(/^shop-[0-9a-f]{12}$/);
  });

  test.each([
    { attempt: 2 },
    { deploy: false },
    { sha: "decaf" },
    { repository: null },
    { bundle: `sha256:${"cd".repeat(32)}` },
    { data: { blob: "shop/data.jsonl", etag: '"1"' } },
  ])("another %o is another pipeline", (difference) => {
    expect(pipelineId({ ...request, ...difference })).not.toBe(pipelineId(request));
  });
});

describe("names of what is created", () => {
  const id = "an-app-whose-name-is-as-long-as-it-can-be-0123456789ab";

  test("end in the last 12 characters of the pipeline id", () => {
    expect(suffixOf(id)).toBe("0123456789ab");
    expect(computeName(id)).toBe("flowgate-ci-0123456789ab");
    expect(computeName(id)).toHaveLength(24);
    expect(sessionId(id)).toMatch(/^[0-9a-f]{36}0123456789ab$/);
  });

  test("every run of every round has its own", () => {
    expect(runName(id, "base", 2, 0)).toBe(`${id}-base-2`);
    expect(runName(id, "evaluation", 2, 1)).toBe(`${id}-evaluation-2-repeat-2`);
  });

  test("an endpoint's default name fits into 32 characters", () => {
    expect(defaultEndpointName("shop")).toBe("shop-endpoint");
    expect(defaultEndpointName("a-shop-with-a-name-of-23-chars-and-more")).toMatch(
      /^a-shop-with-a-name-of-2-[0-9a-f]{8}$/,
    );
    expect(defaultEndpointName("a-shop-with-a-name-of--x-and-more-text")).toMatch(
      /^a-shop-with-a-name-of-[0-9a-f]{8}$/,
    );
  });

  test("an endpoint's default name has single hyphens only, as Azure wants it", () => {
    expect(defaultEndpointName("a--shop-")).toBe("a-shop-endpoint");
  });

  test("a deployment is named by bundle and variant", () => {
    expect(deploymentName(request.bundle, null)).toBe("fg-abababababab");
    expect(deploymentName(request.bundle, "${n.v1}")).not.toBe(
      deploymentName(request.bundle, "${n.v2}"),
    );
  });
});
