import { afterAll, beforeAll, expect, test } from "vitest";
import { type Azurite, startAzurite } from "./azurite.ts";
import { aDeployment, anEndpoint, deploy, ended, settle, startEndpoint } from "./endpoint-stand.ts";
import { startStand } from "./stand.ts";

let azurite: Azurite;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite[Symbol.asyncDispose]());

test("an endpoint is Creating without a scoring URI, then Succeeded with one", async () => {
  await using stand = await startStand(azurite, { latency: "demo" });

  const created = await stand.arm("PUT", "/onlineEndpoints/qa-endpoint", anEndpoint());
  expect(created.status).toBe(201);
  expect(created.body.properties).toMatchObject({
    provisioningState: "Creating",
    scoringUri: null,
  });
  const poll = created.headers.get("azure-asyncoperation")?.replace(stand.url, "") ?? "";
  expect(poll).toContain("/mfeOperationsStatus/oe:");
  expect((await stand.call("GET", poll)).body.status).toBe("Updating");

  stand.clock.advance(1500);
  expect((await stand.call("GET", poll)).body.status).toBe("Succeeded");
  const ready = await stand.arm("GET", "/onlineEndpoints/qa-endpoint");
  expect(ready.body.properties).toMatchObject({
    provisioningState: "Succeeded",
    scoringUri: `${stand.url}/endpoints/qa-endpoint/score`,
  });
  expect(ready.body.identity.principalId).toMatch(/^[0-9a-f-]{36}$/);
});

test("while an endpoint is updating, its old traffic is shown and any other change is a conflict", async () => {
  await using stand = await startEndpoint(azurite, { latency: "demo" });
  const path = "/onlineEndpoints/qa-endpoint";
  await stand.arm("PUT", `${path}/deployments/blue`, aDeployment());
  expect((await stand.arm("PUT", path, anEndpoint())).status).toBe(409);
  await settle(stand);
  expect(await ended(stand, "blue")).toBe("Succeeded");

  const updating = await stand.arm("PUT", path, anEndpoint({ blue: 100 }));
  expect(updating.status).toBe(201);
  expect((await stand.arm("GET", path)).body.properties).toMatchObject({
    provisioningState: "Updating",
    traffic: {},
  });
  const conflicting = await stand.arm("PUT", `${path}/deployments/green`, aDeployment());
  expect(conflicting).toMatchObject({ status: 409, body: { error: { code: "Conflict" } } });

  stand.clock.advance(1500);
  expect((await stand.arm("GET", path)).body.properties.traffic).toEqual({ blue: 100 });
});

test.each([
  { traffic: { blue: 90 }, says: "sums to 90" },
  { traffic: { blue: 50, green: 50 }, says: "deployment 'green'" },
])("traffic $traffic is refused", async ({ traffic, says }) => {
  await using stand = await startEndpoint(azurite);
  await deploy(stand, "blue");

  const refused = await stand.arm("PUT", "/onlineEndpoints/qa-endpoint", anEndpoint(traffic));

  expect(refused.status).toBe(400);
  expect(refused.body.error.message).toContain(says);
});

test.each([
  { name: "a", says: "3 to 32" },
  { name: "double--hyphen", says: "single hyphens" },
])("an endpoint cannot be called $name", async ({ name, says }) => {
  await using stand = await startStand(azurite);

  const refused = await stand.arm("PUT", `/onlineEndpoints/${name}`, anEndpoint());

  expect(refused.status).toBe(400);
  expect(refused.body.error.message).toContain(says);
});

test("deleting an endpoint takes its deployments with it", async () => {
  await using stand = await startEndpoint(azurite, { latency: "demo" });
  await stand.arm("PUT", "/onlineEndpoints/qa-endpoint/deployments/blue", aDeployment());
  await settle(stand);
  await ended(stand, "blue");

  expect((await stand.arm("DELETE", "/onlineEndpoints/qa-endpoint")).status).toBe(202);
  const deleting = await stand.arm("GET", "/onlineEndpoints/qa-endpoint");
  expect(deleting.body.properties.provisioningState).toBe("Deleting");
  await settle(stand);
  expect((await stand.arm("GET", "/onlineEndpoints/qa-endpoint")).status).toBe(404);
  const { body } = await stand.call("GET", "/_emulator/inventory");
  expect(body.items.map(({ kind }: { kind: string }) => kind)).toEqual(["roleAssignment", "model"]);
});

test("the answer to a PUT is never final, however short the change", async () => {
  await using stand = await startEndpoint(azurite, { latency: "none" });
  await deploy(stand, "blue");
  const path = "/onlineEndpoints/qa-endpoint";

  const answer = await stand.arm("PUT", path, anEndpoint({ blue: 100 }));

  expect(answer.body.properties).toMatchObject({ provisioningState: "Updating", traffic: {} });
  expect((await stand.arm("GET", path)).body.properties).toMatchObject({
    provisioningState: "Succeeded",
    traffic: { blue: 100 },
  });
});

test("an endpoint with AMLToken issues tokens, for an hour; one with keys issues none", async () => {
  await using stand = await startStand(azurite);
  const byToken = anEndpoint({}, { authMode: "AMLToken" });
  await stand.arm("PUT", "/onlineEndpoints/qa-endpoint", byToken);
  await stand.arm("PUT", "/onlineEndpoints/qa-keys", anEndpoint());

  const issued = await stand.arm("POST", "/onlineEndpoints/qa-endpoint/token");
  const refused = await stand.arm("POST", "/onlineEndpoints/qa-keys/token");

  const now = Math.floor(stand.clock.now() / 1000);
  expect(issued.body).toEqual({
    accessToken: expect.stringMatching(/^ey/),
    tokenType: "Bearer",
    expiryTimeUtc: now + 3600,
    refreshAfterTimeUtc: now + 1800,
  });
  const headers = { authorization: `Bearer ${issued.body.accessToken}` };
  const ask = () => stand.call("POST", "/endpoints/qa-endpoint/score", { body: {}, headers });
  // Let in, although nothing serves there yet.
  expect((await ask()).status).toBe(404);
  stand.clock.advance(3_601_000);
  expect((await ask()).status).toBe(401);
  expect(refused).toMatchObject({ status: 400, body: { error: { code: "UserError" } } });
});
