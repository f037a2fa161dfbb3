import { afterAll, beforeAll, expect, test } from "vitest";
import { type Azurite, startAzurite } from "./azurite.ts";
import { startStand } from "./stand.ts";
import { aCompute, withIdentity } from "./test-environment.ts";

let azurite: Azurite;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite[Symbol.asyncDispose]());

test("a compute instance is Creating, then Running, then Deleting, then gone", async () => {
  await using stand = await startStand(azurite, { latency: "demo" });
  const states = async () => {
    const { status, body } = await stand.arm("GET", "/computes/ci-1");
    if (status === 404) return 404;
    return [body.properties.provisioningState, body.properties.properties.state];
  };

  const created = await stand.arm("PUT", "/computes/ci-1", aCompute());
  expect(created.status).toBe(201);
  const poll = created.headers.get("azure-asyncoperation")?.replace(stand.url, "") ?? "";
  expect((await stand.call("GET", `${poll}&underlyingResourceAction=x`)).body.status).toBe(
    "InProgress",
  );
  expect(await states()).toEqual(["Creating", null]);
  expect((await stand.arm("PUT", "/computes/ci-1", aCompute())).status).toBe(409);
  stand.clock.advance(2000);
  expect(await states()).toEqual(["Succeeded", "Running"]);
  expect((await stand.call("GET", poll)).body).toMatchObject({
    status: "Succeeded",
    percentComplete: 100,
  });

  expect((await stand.arm("DELETE", "/computes/ci-1")).status).toBe(400);
  const deleted = await stand.arm("DELETE", "/computes/ci-1?underlyingResourceAction=Delete");
  expect(deleted.status).toBe(202);
  expect(deleted.headers.get("location")).toContain("computeOperationsStatus");
  expect(await states()).toEqual(["Deleting", "Deleting"]);
  stand.clock.advance(1000);
  expect(await states()).toBe(404);
  const gone = await stand.arm("DELETE", "/computes/ci-1?underlyingResourceAction=Delete");
  expect(gone.status).toBe(404);
});

test("even the shortest operation answers once that it is in progress", async () => {
  await using stand = await startStand(azurite, { latency: "none" });

  const created = await stand.arm("PUT", "/computes/ci-1", aCompute());

  const poll = created.headers.get("azure-asyncoperation")?.replace(stand.url, "") ?? "";
  expect((await stand.call("GET", poll)).body.status).toBe("InProgress");
  expect((await stand.call("GET", poll)).body.status).toBe("Succeeded");
});

test.each([
  { name: "1ci", more: {}, says: "a letter first" },
  { name: "a", more: {}, says: "3 to 24" },
  { name: "ci-1", more: { properties: { computeType: "AmlCompute" } }, says: "ComputeInstance" },
  { name: "ci-1", more: withIdentity, says: "does not exist" },
])("a compute instance is refused when $says", async ({ name, more, says }) => {
  await using stand = await startStand(azurite);

  const refused = await stand.arm("PUT", `/computes/${name}`, aCompute(more));

  expect(refused.status).toBe(400);
  expect(refused.body.error.message).toContain(says);
});

test("a compute instance can be made to fail, and be deleted even if it never comes up", async () => {
  await using stand = await startStand(azurite);
  await stand.fault({ on: "compute", match: "ci-1", outcome: "failed", message: "No quota." });
  await stand.fault({ on: "compute", match: "ci-2", outcome: "never" });
  await stand.arm("PUT", "/computes/ci-1", aCompute());
  await stand.arm("PUT", "/computes/ci-2", aCompute());
  stand.clock.advance(3_600_000);

  const failed = await stand.arm("GET", "/computes/ci-1");
  expect(failed.body.properties).toMatchObject({
    provisioningState: "Failed",
    provisioningErrors: [{ error: { message: "No quota." } }],
    properties: { state: "CreateFailed" },
  });
  const stuck = await stand.arm("GET", "/computes/ci-2");
  expect(stuck.body.properties.provisioningState).toBe("Creating");
  for (const name of ["ci-1", "ci-2"]) {
    const path = `/computes/${name}?underlyingResourceAction=Delete`;
    expect((await stand.arm("DELETE", path)).status).toBe(202);
    expect((await stand.arm("GET", `/computes/${name}`)).status).toBe(404);
  }
});
