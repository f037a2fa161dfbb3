import { expect, test } from "vitest";
import { connectStorage } from "#azure/storage/connect.ts";
import { createLedger } from "#azure/storage/ledger.ts";
import { runtimeName } from "#domain/naming.ts";
import type { Pipeline } from "#domain/pipeline.ts";
import type { SeenRequest } from "#kit/back-door.ts";
import { durableHistory } from "#kit/durable-history.ts";
import { aPythonApp } from "#kit/python-app.ts";
import { aSimulation } from "#kit/simulation.ts";

/** Of real time, on a machine that has much else to do. */
const timeout = 300_000;
const onCompute = { environment: { kind: "compute-instance" } };

function timesOf({ steps }: Pipeline) {
  return steps.map(({ name, status, startedAt, endedAt }) => [
    name,
    status,
    startedAt?.slice(11, 23),
    endedAt?.slice(11, 23),
  ]);
}

/** Path below the workspace → how often it was read. */
function readsOf(requests: readonly SeenRequest[]): Readonly<Record<string, number>> {
  const reads: Record<string, number> = {};
  for (const { method, path } of requests) {
    const name = /workspaces\/[^/]+\/([^?]+)/.exec(path)?.[1];
    if (method === "GET" && name) reads[name] = (reads[name] ?? 0) + 1;
  }
  return reads;
}

function secondsBetween(requests: readonly SeenRequest[]): readonly number[] {
  const at = requests.map((request) => Date.parse(request.at));
  return at.slice(1).map((one, n) => (one - (at[n] ?? 0)) / 1000);
}

test("three quarters of an hour of Azure's time, by every clock there is", {
  timeout,
}, async () => {
  await using simulation = await aSimulation();
  const { flowgate, backDoor, functions } = simulation;
  const first = await flowgate.run("patient", aPythonApp({ name: "patient" }), { deploy: true });
  const before = await backDoor.lastRequest();
  const deploy = { rollout: { steps: [10, 50, 100], bake: "10m" } };
  const files = aPythonApp({ name: "patient", manifest: { ...onCompute, deploy } });
  const pipeline = await flowgate.run("patient", files, { deploy: true });

  expect(first.createdAt).toBe("2026-01-01T00:00:00.000Z");
  expect(pipeline).toMatchObject({
    status: "succeeded",
    deployment: { outcome: "deployed" },
    createdAt: "2026-01-01T00:14:00.000Z",
    updatedAt: "2026-01-01T00:59:39.954Z",
  });
  expect(timesOf(pipeline)).toEqual([
    ["publishStarted", "succeeded", "00:14:00.000", "00:14:00.000"],
    ["validate", "succeeded", "00:14:00.000", "00:14:00.000"],
    ["uploadFlow", "succeeded", "00:14:00.000", "00:14:00.000"],
    ["uploadEvaluation", "succeeded", "00:14:00.000", "00:14:00.000"],
    ["uploadData", "succeeded", "00:14:00.000", "00:14:00.000"],
    ["ensureIdentity", "succeeded", "00:14:00.000", "00:14:00.000"],
    // The directory finds the new identity after 10 s; tries are at 0, 2, 6 and 14 s.
    ["assignRole", "succeeded", "00:14:00.000", "00:14:14.000"],
    ["createCompute", "succeeded", "00:14:14.000", "00:16:58.888"],
    ["createRuntime", "succeeded", "00:16:58.888", "00:22:13.776"],
    ["runFlow", "succeeded", "00:22:13.776", "00:22:34.558"],
    ["runEvaluation", "succeeded", "00:22:34.558", "00:22:55.340"],
    ["readMetrics", "succeeded", "00:22:55.340", "00:22:55.340"],
    ["collectRows", "succeeded", "00:22:55.340", "00:22:55.340"],
    ["decide", "succeeded", "00:22:55.340", "00:22:55.340"],
    ["publishEvaluation", "succeeded", "00:22:55.340", "00:22:55.340"],
    ["deleteRuntime", "succeeded", "00:22:55.340", "00:23:27.513"],
    ["deleteCompute", "succeeded", "00:23:27.513", "00:24:42.401"],
    ["acquireEndpoint", "succeeded", "00:24:42.401", "00:24:42.401"],
    ["registerModel", "succeeded", "00:24:42.401", "00:24:42.401"],
    ["ensureEndpoint", "succeeded", "00:24:42.401", "00:24:42.401"],
    ["assignEndpointRole", "succeeded", "00:24:42.401", "00:24:42.401"],
    ["createDeployment", "succeeded", "00:24:42.401", "00:34:57.289"],
    ["smokeTest", "succeeded", "00:34:57.289", "00:34:57.289"],
    ["shiftTraffic", "succeeded", "00:34:57.289", "00:57:25.066"],
    ["retireDeployments", "succeeded", "00:57:25.066", "00:59:39.954"],
    ["publishDeployment", "succeeded", "00:59:39.954", "00:59:39.954"],
    ["publishCompleted", "succeeded", "00:59:39.954", "00:59:39.954"],
  ]);

  const requests = await backDoor.requests(before);
  expect(requests.map(({ at }) => at)).toEqual(requests.map(({ at }) => at).toSorted());
  const suffix = pipeline.id.slice(-12);
  const created = pipeline.deployment?.deployment;
  const retired = first.deployment?.deployment;
  expect(readsOf(requests)).toMatchObject({
    [`computes/flowgate-ci-${suffix}`]: 24,
    [`FlowRuntimes/flowgate-rt-${suffix}`]: 27,
    [`onlineEndpoints/patient-endpoint/deployments/${created}`]: 29,
    [`onlineEndpoints/patient-endpoint/deployments/${retired}`]: 12,
  });
  const creation = requests.filter(
    ({ method, path }) => method === "GET" && path.includes(`/deployments/${created}?`),
  );
  expect(secondsBetween(creation)).toEqual([
    ...[0, 1, 1.5, 2.25, 3.375, 5.063, 7.594, 11.391, 17.086, 25.629],
    ...Array(18).fill(30),
  ]);

  const events = await backDoor.eventsOf("patient");
  expect(events.slice(4).map(({ type, time }) => [type, time])).toEqual([
    ["Flowgate.PipelineStarted", "2026-01-01T00:14:00.000Z"],
    ["Flowgate.EvaluationCompleted", "2026-01-01T00:22:55.340Z"],
    ["Flowgate.DeploymentCompleted", "2026-01-01T00:59:39.954Z"],
    ["Flowgate.PipelineCompleted", "2026-01-01T00:59:39.954Z"],
  ]);

  const { storage } = simulation;
  const noToken = { getToken: () => Promise.resolve(null) };
  const ledger = createLedger(connectStorage({ connectionString: storage }, noToken));
  const entries = await ledger.list(pipeline.id);
  expect(
    entries.map(({ resource, deadline }) => [resource.kind, resource.state, deadline]),
  ).toEqual([
    ["computeInstance", "deleted", "2026-01-01T03:09:42.401Z"],
    ["identity", "kept", "2026-01-01T02:59:00.000Z"],
    ["roleAssignment", "kept", "2026-01-01T02:59:14.000Z"],
    ["runtime", "deleted", "2026-01-01T03:08:27.513Z"],
  ]);

  const histories = await durableHistory(functions, pipeline.id);
  expect(histories.size).toBe(12);
  for (const [id, text] of histories) {
    const { historyEvents } = JSON.parse(text) as { historyEvents: { Timestamp: string }[] };
    const times = historyEvents.map(({ Timestamp }) => Timestamp);
    expect(times, id).toEqual(times.toSorted());
    expect(times[0] ?? "", id).toMatch(/^2026-01-01T00:(1[4-9]|[2-5]\d):/);
  }

  const there = await backDoor.inventoryOf("patient", [pipeline.id]);
  expect(there.map(({ kind, createdAt }) => [kind, createdAt.slice(11, 23)])).toEqual([
    ["run", "00:00:49.259"],
    ["run", "00:01:10.041"],
    ["run", "00:22:13.776"],
    ["run", "00:22:34.558"],
    ["model", "00:01:44.011"],
    ["model", "00:24:42.401"],
    ["endpoint", "00:01:44.011"],
    ["deployment", "00:24:42.401"],
  ]);
});

test("a runtime that never comes up is given up when the manifest's time is over, to the millisecond", {
  timeout,
}, async () => {
  await using simulation = await aSimulation();
  const { flowgate, backDoor } = simulation;
  await backDoor.breakAzureMl({ on: "runtime", outcome: "never" });
  const files = aPythonApp({ name: "stuck", manifest: onCompute });
  const pipeline = await flowgate.run("stuck", files, { deploy: true });

  const message = `The runtime ${runtimeName(pipeline.id)} was not ready within 30 minutes (environment.timeout).`;
  expect(pipeline).toMatchObject({
    status: "failed",
    verdict: { outcome: "error" },
    deployment: null,
    error: { code: "ENVIRONMENT_TIMEOUT", message },
    createdAt: "2026-01-01T00:00:00.000Z",
    updatedAt: "2026-01-01T00:36:13.776Z",
  });
  const ran = timesOf(pipeline).filter(([, , from, to]) => from !== to);
  expect(ran).toEqual([
    ["assignRole", "succeeded", "00:00:00.000", "00:00:14.000"],
    ["createCompute", "succeeded", "00:00:14.000", "00:02:58.888"],
    ["createRuntime", "failed", "00:02:58.888", "00:32:58.888"],
    // Gone at 00:33:31.061; a creation that may have been given up is waited for two minutes after its step.
    ["deleteRuntime", "succeeded", "00:32:58.888", "00:34:58.888"],
    ["deleteCompute", "succeeded", "00:34:58.888", "00:36:13.776"],
  ]);
  const reads = readsOf(await backDoor.requests());
  expect(reads[`FlowRuntimes/${runtimeName(pipeline.id)}`]).toBe(78);
  const kinds = (await backDoor.inventory()).map(({ kind }) => kind);
  expect(kinds).toEqual(["identity", "roleAssignment"]);
});

test("an answer that takes five minutes is given up after two, and one for an event after five seconds", {
  timeout,
}, async () => {
  await using simulation = await aSimulation();
  const { flowgate, backDoor } = simulation;
  const late = { times: 1, do: { delayMs: 300_000 } };
  await backDoor.breakAzureMl({ method: "GET", path: "/FlowSessions/", ...late });
  await backDoor.breakEventGrid({ method: "POST", path: "/api/events", ...late });
  const pipeline = await flowgate.run("late", aPythonApp({ name: "late" }));

  expect(pipeline.status).toBe("succeeded");
  const [started] = pipeline.steps;
  // Between tries are 300 ms, give or take a half.
  expect(started).toMatchObject({ name: "publishStarted", status: "succeeded" });
  expect(started?.endedAt).toMatch(/^2026-01-01T00:00:05\.(1[5-9]|[23]\d|4[0-4]|450)/);
  const reads = (await backDoor.requests()).filter(
    ({ method, path }) => method === "GET" && path.includes("/FlowSessions/"),
  );
  expect(secondsBetween(reads)[0]).toSatisfy((seconds) => seconds >= 120.15 && seconds <= 120.45);
  expect(pipeline.steps.find(({ name }) => name === "createSession")?.endedAt).toMatch(
    /^2026-01-01T00:02:/,
  );
});

test("a session whose creation takes effect only after its removal is removed again", {
  timeout,
}, async () => {
  await using simulation = await aSimulation({ latency: "none" });
  const { flowgate, backDoor } = simulation;
  const late = { times: 1, do: { delayMs: 150_000 } };
  await backDoor.breakAzureMl({ method: "POST", path: "/FlowSessions/", ...late });
  const { status, resources } = await flowgate.run("twice", aPythonApp({ name: "twice" }));

  expect(status).toBe("succeeded");
  expect(resources.map(({ kind, state }) => [kind, state])).toEqual([["session", "deleted"]]);
  const removals = (await backDoor.requests()).filter(({ method }) => method === "DELETE");
  expect(removals).toHaveLength(2);
  const kinds = (await backDoor.inventory()).map(({ kind }) => kind);
  expect(kinds).not.toContain("session");
});

test("time passes while an answer of the API itself waits for storage", { timeout }, async () => {
  await using simulation = await aSimulation({ latency: "none", storageDoor: true });
  const { flowgate, storageDoor } = simulation;
  const { digest: bundle } = (await flowgate.upload("slow", aPythonApp({ name: "slow" }))).body;
  const late = { method: "HEAD", path: "/bundles/", do: { delayMs: 20_000 } };
  const body = JSON.stringify(late);
  await fetch(`${storageDoor}/_emulator/faults`, { method: "POST", body });
  const { status } = await simulation.meanwhile(() => flowgate.start({ app: "slow", bundle }));

  expect(status).toBe(202);
  expect(await simulation.now()).toBeGreaterThanOrEqual(Date.parse("2026-01-01T00:00:20Z"));
});
