import { beforeAll, expect, inject, test } from "vitest";
import { pipelineId } from "#domain/naming.ts";
import type { Pipeline } from "#domain/pipeline.ts";
import { backDoorAt, type SeenRequest } from "#kit/back-door.ts";
import { flowgateAt } from "#kit/flowgate.ts";
import { aPythonApp } from "#kit/python-app.ts";

const stack = inject("stack");
const flowgate = flowgateAt(stack.functions);
const backDoor = backDoorAt(stack);

const APP = "on-compute";
const WORKSPACE =
  /\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft.MachineLearningServices\/workspaces\/[^/?]+/;
const GROUP = /\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\//;
/** Discovery, and credentials for uploads: several branches ask, whenever they need it. */
const ANY_TIME = /^(GET|GET \/datastores|POST \/datastores\/workspaceblobstore\/listSecrets)$/;

let pipeline: Pipeline;
let seen: readonly SeenRequest[];

beforeAll(async () => {
  const app = aPythonApp({ name: APP, manifest: { environment: { kind: "compute-instance" } } });
  const { digest } = (await flowgate.upload(APP, app)).body;
  const commit = { repository: null, sha: null };
  const id = pipelineId({
    app: APP,
    bundle: digest,
    data: null,
    ...commit,
    deploy: true,
    attempt: 1,
  });
  await startingOnce(`FlowRuntimes/flowgate-rt-${id.slice(-12)}`);
  const before = await backDoor.lastRequest();
  await flowgate.start({ app: APP, bundle: digest, deploy: true });
  pipeline = await flowgate.follow(id);
  seen = (await backDoor.requests(before)).map((request) => ({
    ...request,
    path: shortened(request.path, id),
  }));
});

/** The look before the create finds nothing, the first one after it a runtime that is not ready. */
async function startingOnce(path: string): Promise<void> {
  const fault = { method: "GET", path, times: 1 };
  await backDoor.breakAzureMl({ ...fault, do: { status: 404 } });
  const body = { runtimeName: "starting", status: "Starting", createdOn: "2026-01-01T00:00:00Z" };
  await backDoor.breakAzureMl({ ...fault, do: { status: 200, body } });
}

/** Without the place, the query and what is different in every pipeline. */
function shortened(path: string, id: string): string {
  return (path.split("?")[0] ?? "")
    .replace(WORKSPACE, "")
    .replace(GROUP, "/")
    .replace(/\/providers\/Microsoft.Authorization\/roleAssignments\/.+/, "/roleAssignments/…")
    .replace(/\/fg-[0-9a-f]{12}/, "/fg-…")
    .replace(/\/versions\/[0-9a-f]{16}/, "/versions/…")
    .replaceAll(id, "{id}")
    .replaceAll(id.slice(-12), "…");
}

/** One line a request, with a 404 where nothing was there; what repeats itself, as a poll does, stands once. */
function linesOf(requests: readonly SeenRequest[]): readonly string[] {
  return requests
    .map(({ method, path, status }) => `${method} ${path}`.trim() + (status === 404 ? " 404" : ""))
    .filter((line) => !ANY_TIME.test(line))
    .filter((line, index, all) => line !== all[index - 1]);
}

function positionOf(line: string): number {
  const found = seen.findIndex(({ method, path }) => `${method} ${path}` === line);
  if (found < 0) throw new Error(`Nobody asked: ${line}`);
  return found;
}

test("a pipeline on a compute instance passes and is deployed", () => {
  expect(pipeline).toMatchObject({
    status: "succeeded",
    verdict: { outcome: "passed" },
    deployment: { outcome: "deployed" },
    resources: [
      { kind: "identity", state: "kept" },
      { kind: "roleAssignment", state: "kept" },
      { kind: "computeInstance", name: `flowgate-ci-${pipeline.id.slice(-12)}`, state: "deleted" },
      { kind: "runtime", name: `flowgate-rt-${pipeline.id.slice(-12)}`, state: "deleted" },
    ],
  });
});

test("nothing that it asked of Azure ML was refused", () => {
  expect(seen.filter(({ status }) => (status ?? 500) >= 400 && status !== 404)).toEqual([]);
});

test("it asks Azure ML in this order", () => {
  expect(linesOf(seen.filter(({ path }) => !path.startsWith("/models/")))).toEqual([
    // The test environment.
    "PUT /Microsoft.ManagedIdentity/userAssignedIdentities/flowgate-local",
    "PUT /roleAssignments/…",
    "GET /computes/flowgate-ci-… 404",
    "PUT /computes/flowgate-ci-…",
    "GET /computes/flowgate-ci-…",
    "GET /flow/api/FlowRuntimes/flowgate-rt-… 404",
    "POST /flow/api/FlowRuntimes/flowgate-rt-…",
    "GET /flow/api/FlowRuntimes/flowgate-rt-…",
    // The base run: was it submitted before? Then its history until it has ended; the evaluation run likewise.
    "POST /history/v1.0/rundata 404",
    "GET /flow/api/TraceSessions",
    "POST /flow/api/BulkRuns/submit",
    "POST /history/v1.0/rundata",
    "POST /history/v1.0/rundata 404",
    "GET /flow/api/TraceSessions",
    "POST /flow/api/BulkRuns/submit",
    "POST /history/v1.0/rundata",
    // What came out.
    "POST /metric/v2.0/runs/{id}-evaluation-0/lastvalues",
    "GET /flow/api/BulkRuns/{id}-base-0/childRuns",
    "GET /flow/api/BulkRuns/{id}-evaluation-0/childRuns",
    "GET /flow/api/BulkRuns/{id}-base-0/logContent",
    "GET /flow/api/BulkRuns/{id}-evaluation-0/logContent",
    // How many lines failed, in each run's own words.
    "POST /history/v1.0/rundata",
    "POST /metric/v2.0/runs/{id}-base-0/lastvalues",
    "POST /history/v1.0/rundata",
    "POST /metric/v2.0/runs/{id}-evaluation-0/lastvalues",
    // Removal, the runtime first, each seen to be gone.
    "DELETE /flow/api/FlowRuntimes/flowgate-rt-…",
    "GET /flow/api/FlowRuntimes/flowgate-rt-… 404",
    "DELETE /computes/flowgate-ci-…",
    "GET /computes/flowgate-ci-… 404",
    // The endpoint, with a role for its identity.
    "GET /onlineEndpoints/on-compute-endpoint 404",
    "GET /onlineEndpoints/on-compute-endpoint/deployments 404",
    "PUT /onlineEndpoints/on-compute-endpoint",
    "GET /onlineEndpoints/on-compute-endpoint",
    "GET /onlineEndpoints/on-compute-endpoint/deployments",
    "PUT /roleAssignments/…",
    // The candidate at 0 %.
    "GET /onlineEndpoints/on-compute-endpoint/deployments/fg-… 404",
    "GET /environments/flowgate-on-compute/versions/… 404",
    "PUT /environments/flowgate-on-compute/versions/…",
    "PUT /onlineEndpoints/on-compute-endpoint/deployments/fg-…",
    "GET /onlineEndpoints/on-compute-endpoint/deployments/fg-…",
    // The smoke request, asked with the endpoint's key.
    "GET /onlineEndpoints/on-compute-endpoint",
    "POST /onlineEndpoints/on-compute-endpoint/listKeys",
    "POST /endpoints/on-compute-endpoint/score",
    // Its traffic.
    "GET /onlineEndpoints/on-compute-endpoint",
    "GET /onlineEndpoints/on-compute-endpoint/deployments",
    "PUT /onlineEndpoints/on-compute-endpoint",
    "GET /onlineEndpoints/on-compute-endpoint",
    "GET /onlineEndpoints/on-compute-endpoint/deployments",
  ]);
});

test("a runtime is read until it is ready", () => {
  const created = positionOf("POST /flow/api/FlowRuntimes/flowgate-rt-…");
  const submitted = positionOf("POST /flow/api/BulkRuns/submit");
  const reads = seen
    .slice(created, submitted)
    .filter(
      ({ method, path }) => `${method} ${path}` === "GET /flow/api/FlowRuntimes/flowgate-rt-…",
    );

  expect(reads).toHaveLength(2);
});

test("the model is registered after the removal, and before the deployment that serves it", () => {
  expect(linesOf(seen.filter(({ path }) => path.startsWith("/models/")))).toEqual([
    "GET /models/on-compute-model 404",
    "GET /models/on-compute-model/versions",
    "PUT /models/on-compute-model/versions/1",
    "GET /models/on-compute-model/versions/1",
  ]);
  const registered = positionOf("PUT /models/on-compute-model/versions/1");
  expect(registered).toBeGreaterThan(positionOf("DELETE /computes/flowgate-ci-…"));
  expect(registered).toBeLessThan(
    positionOf("PUT /onlineEndpoints/on-compute-endpoint/deployments/fg-…"),
  );
});

test("all traffic goes to the new deployment in the end", async () => {
  const { properties } = await backDoor.arm<{ properties: { traffic: unknown } }>(
    "onlineEndpoints/on-compute-endpoint",
  );

  expect(properties.traffic).toEqual({ [pipeline.deployment?.deployment ?? ""]: 100 });
});
