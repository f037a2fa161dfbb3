import { afterAll, beforeAll, expect, test } from "vitest";
import { latencyProfile } from "#emulators/azure-ml/latency.ts";
import { type Azurite, startAzurite } from "./azurite.ts";
import { anEndpoint, deploy, score, settle, startEndpoint } from "./endpoint-stand.ts";
import { startStand } from "./stand.ts";

const ENDPOINT = "/onlineEndpoints/qa-endpoint";

let azurite: Azurite;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite[Symbol.asyncDispose]());

test("new traffic is in force at once, and read back a while after the update", async () => {
  await using stand = await startEndpoint(azurite, { latency: "none,trafficReadBack=5" });
  await deploy(stand, "blue");
  await settle(stand);

  await stand.arm("PUT", ENDPOINT, anEndpoint({ blue: 100 }));
  stand.clock.advance(4_000);
  const early = await stand.arm("GET", ENDPOINT);
  const scored = await score(stand, { question: "a" });
  stand.clock.advance(1_000);
  const late = await stand.arm("GET", ENDPOINT);

  expect(early.body.properties.provisioningState).toBe("Succeeded");
  expect(early.body.properties.traffic).toEqual({});
  expect(scored.status).toBe(200);
  expect(late.body.properties.traffic).toEqual({ blue: 100 });
});

test("the URL of an operation is signed, and answered as it was given alone", async () => {
  await using stand = await startStand(azurite);
  const { headers } = await stand.arm("PUT", ENDPOINT, anEndpoint());
  const url = new URL(headers.get("azure-asyncoperation") ?? "");

  const given = await stand.call("GET", url.pathname + url.search);
  const built = await stand.call("GET", `${url.pathname}?api-version=2022-10-01`);

  expect([...url.searchParams.keys()]).toEqual(["api-version", "service", "t", "c", "s", "h"]);
  expect(given.status).toBe(200);
  expect(built.status).toBe(400);
  expect(built.body.error.code).toBe("InvalidOperationUrl");
});

test("one time of a latency profile can be another", () => {
  const none = latencyProfile("none");
  expect(latencyProfile("none,rolePropagation=120,directory=0.5")).toEqual({
    ...none,
    rolePropagation: 120_000,
    directory: 500,
  });
  for (const change of ["rolePropagation", "unknown=1", "directory=-1"]) {
    expect(() => latencyProfile(`none,${change}`)).toThrow(
      `--latency: "${change}" is no NAME=SECONDS with one of computeCreate,`,
    );
  }
});
