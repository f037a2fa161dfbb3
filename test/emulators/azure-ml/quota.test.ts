import { afterAll, beforeAll, expect, test } from "vitest";
import { type Azurite, startAzurite } from "./azurite.ts";
import { deploy, settle, startEndpoint } from "./endpoint-stand.ts";
import { type Answer, type Stand, startStand } from "./stand.ts";

const LOCATION =
  "/subscriptions/00000000-0000-0000-0000-000000000001/providers/Microsoft.MachineLearningServices/locations/westeurope";

let azurite: Azurite;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite[Symbol.asyncDispose]());

const aMachine = (vmSize: string) => ({
  location: "westeurope",
  properties: { computeType: "ComputeInstance", properties: { vmSize } },
});

async function list(stand: Stand, what: string): Promise<Answer["body"][]> {
  const { body } = await stand.call("GET", `${LOCATION}/${what}?api-version=2022-10-01`);
  return body.value;
}

/** What the operation of a 201 ends with. */
async function endOf(stand: Stand, { headers }: Answer): Promise<Answer["body"]> {
  const url = headers.get("azure-asyncoperation")?.replace(stand.url, "") ?? "";
  await stand.call("GET", url);
  return (await stand.call("GET", url)).body;
}

test("a compute instance beyond the quota fails, and takes none of it", async () => {
  await using stand = await startStand(azurite, { coreLimit: 5 });

  await stand.arm("PUT", "/computes/four-cores", aMachine("Standard_DS3_v2"));
  const refused = await stand.arm("PUT", "/computes/two-cores", aMachine("Standard_DS2_v2"));
  const fitting = await stand.arm("PUT", "/computes/one-core", aMachine("Standard_DS1_v2"));

  expect(await endOf(stand, refused)).toMatchObject({
    status: "Failed",
    error: {
      code: "OutOfQuota",
      message:
        "Not enough quota available for Standard_DS2_v2 in SubscriptionId 00000000-0000-0000-0000-000000000001, region westeurope. Current usage/limit: 4/5. Additional needed: 2.",
    },
  });
  expect(await endOf(stand, fitting)).toMatchObject({ status: "Succeeded" });
  expect((await list(stand, "usages"))[0]).toMatchObject({ currentValue: 5, limit: 5 });
});

test("a deployment needs a fifth more than its instances, and says what it lacked", async () => {
  await using stand = await startEndpoint(azurite, { coreLimit: 7 });

  const { answer, state } = await deploy(stand, "blue");

  expect(state).toBe("Failed");
  expect((await endOf(stand, answer)).error.message).toContain(
    "Current usage/limit: 0/7. Additional needed: 8.",
  );
  const logs = await stand.arm("POST", "/onlineEndpoints/qa-endpoint/deployments/blue/getLogs", {});
  expect(logs.body.content).toContain("OutOfQuota");
  await settle(stand);
  expect((await deploy(stand, "green", { instanceType: "Standard_DS2_v2" })).state).toBe(
    "Succeeded",
  );
  expect((await list(stand, "usages"))[0]).toMatchObject({ currentValue: 4 });
});

test("a region has sizes and a quota", async () => {
  await using stand = await startStand(azurite);

  const sizes = await list(stand, "vmSizes");
  expect(sizes.find(({ name }) => name === "Standard_E4s_v3")).toMatchObject({
    vCPUs: 4,
    memoryGB: 32,
    supportedComputeTypes: ["AmlCompute", "ComputeInstance"],
  });
  expect(await list(stand, "quotas")).toMatchObject([{ limit: 10_000, unit: "Count" }]);
});
