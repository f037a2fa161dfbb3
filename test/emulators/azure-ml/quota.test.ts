import { afterAll, beforeAll, expect, test } from "vitest";
import { type Azurite, startAzurite } from "./azurite.ts";
import { aDeployment, deploy, settle, startEndpoint } from "./endpoint-stand.ts";
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

const ADVICE =
  "Talk to your Subscription Admin or refer to https://docs.microsoft.com/azure/machine-learning/how-to-manage-quotas#request-quota-increases to increase the";

test("a compute instance beyond the quota fails, and takes none of it", async () => {
  const coreLimits = { total: 5, families: {} };
  await using stand = await startStand(azurite, { coreLimits });

  await stand.arm("PUT", "/computes/four-cores", aMachine("Standard_DS3_v2"));
  const refused = await stand.arm("PUT", "/computes/two-cores", aMachine("Standard_DS2_v2"));
  const fitting = await stand.arm("PUT", "/computes/one-core", aMachine("Standard_DS1_v2"));

  expect(await endOf(stand, refused)).toMatchObject({
    status: "Failed",
    error: {
      code: "ClusterMinNodesExceedCoreQuota",
      message: `The specified subscription has a total vCPU quota of 5 and cannot accomodate for at least 1 requested managed compute node which maps to 2 vCPUs. ${ADVICE} total vCPU quota`,
    },
  });
  expect(await endOf(stand, fitting)).toMatchObject({ status: "Succeeded" });
  expect((await list(stand, "usages"))[0]).toMatchObject({ currentValue: 5, limit: 5 });
});

test("a family of sizes has a quota of its own", async () => {
  const coreLimits = { total: 100, families: { standardDSv2Family: 3, standardESv3Family: 4 } };
  await using stand = await startStand(azurite, { coreLimits });

  const refused = await stand.arm("PUT", "/computes/four-cores", aMachine("Standard_DS3_v2"));
  await stand.arm("PUT", "/computes/two-cores", aMachine("Standard_DS2_v2"));
  await stand.arm("PUT", "/computes/other", aMachine("Standard_E4s_v3"));

  expect((await endOf(stand, refused)).error.message).toBe(
    `The specified subscription has a Standard DSv2 family vCPU quota of 3 and cannot accomodate for at least 1 requested managed compute node which maps to 4 vCPUs. ${ADVICE} Standard DSv2 family vCPU quota`,
  );
  expect(await list(stand, "usages")).toMatchObject([
    { name: { value: "TotalDedicatedCores" }, currentValue: 6, limit: 100 },
    {
      name: {
        value: "standardDSv2Family",
        localizedValue: "Standard DSv2 Family Cluster Dedicated vCPUs",
      },
      currentValue: 2,
      limit: 3,
    },
    { name: { value: "standardESv3Family" }, currentValue: 4, limit: 4 },
  ]);
});

test("a deployment needs a fifth more than its instances, and is refused without it", async () => {
  const coreLimits = { total: 100, families: { standardESv3Family: 7 } };
  await using stand = await startEndpoint(azurite, { coreLimits });
  const path = "/onlineEndpoints/qa-endpoint/deployments/blue";

  const { status, body } = await stand.arm("PUT", path, aDeployment());

  expect(status).toBe(400);
  expect(body.error).toMatchObject({
    code: "BadRequest",
    message: "The request is invalid.",
    details: [{ code: "InferencingClientCreateDeploymentFailed" }],
  });
  const { message } = body.error.details[0];
  expect(
    JSON.parse(message.replace(/^InferencingClient HttpRequest error, error detail: /, "")),
  ).toMatchObject({
    title: "One or more validation errors occurred.",
    status: 400,
    errors: {
      VmSize: [
        "Not enough quota available for Standard_E4s_v3 in SubscriptionId 00000000-0000-0000-0000-000000000001. Current usage/limit: 0/7. Additional needed: 8 Please see troubleshooting guide, available here: https://aka.ms/oe-tsg#error-outofquota",
      ],
    },
  });
  expect((await stand.arm("GET", path)).status).toBe(404);
  expect((await deploy(stand, "green", { instanceType: "Standard_DS2_v2" })).state).toBe(
    "Succeeded",
  );
  expect((await list(stand, "usages"))[0]).toMatchObject({ currentValue: 4 });
});

test("an update needs only the cores that the deployment has not yet", async () => {
  const coreLimits = { total: 4, families: {} };
  await using stand = await startEndpoint(azurite, { coreLimits });
  const small = { instanceType: "Standard_DS2_v2" };
  await deploy(stand, "blue", small);
  await settle(stand);

  const larger = await stand.arm(
    "PUT",
    "/onlineEndpoints/qa-endpoint/deployments/blue",
    aDeployment({ instanceType: "Standard_DS3_v2" }),
  );

  expect(larger.body.error.details[0].message).toContain(
    "Current usage/limit: 4/4. Additional needed: 4",
  );
  expect((await deploy(stand, "blue", small)).state).toBe("Succeeded");
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
