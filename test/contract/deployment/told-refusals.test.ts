import { afterAll, beforeAll, expect, test } from "vitest";
import { startStorage, type TestStorage } from "#kit/storage.ts";
import { brought, jobOf } from "./bring.ts";
import { startStand } from "./stand.ts";

let storage: TestStorage;
beforeAll(async () => {
  storage = await startStorage();
});
afterAll(() => storage[Symbol.asyncDispose]());

test("a deployment beyond the quota is told with how much there is and how much is needed", async () => {
  const coreLimits = { total: 100, families: { standardESv3Family: 7 } };
  await using stand = await startStand(storage.connectionString, { coreLimits });

  await expect(brought(stand, jobOf(stand))).rejects.toMatchObject({
    code: "AZURE_REFUSED",
    message: expect.stringMatching(
      /BadRequest: The request is invalid\. \(InferencingClientCreateDeploymentFailed: .*Not enough quota available for Standard_E4s_v3 .* Current usage\/limit: 0\/7\. Additional needed: 8 .*\) \(request /,
    ),
  });
});

test("an endpoint's name that another workspace has is told to be taken", async () => {
  const workspaces = [{}, { workspace: "other" }];
  await using stand = await startStand(storage.connectionString, { workspaces });
  const job = { ...jobOf(stand), endpoint: "qa-endpoint" };
  const properties = { authMode: "Key", traffic: {} };
  const body = { location: "westeurope", identity: { type: "SystemAssigned" }, properties };
  await stand.put("/onlineEndpoints/qa-endpoint", body, "other");

  await expect(stand.ensureEndpoint(job)).rejects.toMatchObject({
    code: "AZURE_REFUSED",
    message: expect.stringMatching(
      /The request is invalid\. \(InferencingClientCallFailed: .*There is already an endpoint with this name, .*Try some other name/,
    ),
  });
});
