import { expect, inject, test } from "vitest";
import { backDoorAt } from "#kit/back-door.ts";
import { aPythonApp } from "#kit/python-app.ts";
import { aboutToStart, expectNothingLeft } from "#kit/shared-flowgate.ts";

const backDoor = backDoorAt(inject("stack"));

const BUSY = { status: 503, body: { error: { code: "ServiceUnavailable", message: "Later." } } };
const DROPPED = [{ drop: "before" }, { drop: "after" }];

/** The routes that a pipeline takes: what is repeated must be found again and not be made twice. */
const SESSION_ROUTES = [
  "POST /flow/api/.*/FlowSessions/",
  "GET /flow/api/.*/FlowSessions/",
  "DELETE /flow/api/.*/FlowSessions/",
  "POST /flow/api/.*/BulkRuns/submit",
  "POST /history/v1.0/.*/rundata",
  "GET /flow/api/.*/childRuns",
  "POST /metric/v2.0/.*/lastvalues",
  "PUT .*/models/",
  "PUT .*/onlineEndpoints/[^/?]+[?]",
  "GET .*/onlineEndpoints/[^/?]+[?]",
  "PUT .*/deployments/",
  "GET .*/deployments/",
  "POST /endpoints/.*/score",
];
const COMPUTE_ROUTES = [
  "PUT .*/userAssignedIdentities/",
  "PUT .*/roleAssignments/",
  "PUT .*/computes/",
  "GET .*/computes/",
  "DELETE .*/computes/",
  "POST /flow/api/.*/FlowRuntimes/",
  "GET /flow/api/.*/FlowRuntimes/",
  "DELETE /flow/api/.*/FlowRuntimes/",
];

const MADE_ONCE = ["run", "model", "endpoint", "deployment"];

/** Each route once with each effect, in their order. */
async function breakEach(routes: readonly string[], effects: readonly unknown[]) {
  for (const route of routes) {
    const [method, path] = route.split(" ");
    for (const effect of effects) await backDoor.breakAzureMl({ method, path, do: effect });
  }
}

// One after the other, and no other test beside them: these faults meet whoever comes first.
test.each([
  ["busy", "answers of 503", [BUSY, BUSY]],
  ["dropped", "connections that break before and after the request is acted on", DROPPED],
])("%s: pipelines pass and deploy through %s on each route", async (name, _, effects) => {
  const onCompute = { environment: { kind: "compute-instance" } };
  const inSession = await aboutToStart(`${name}-session`);
  const onInstance = await aboutToStart(
    `${name}-compute`,
    aPythonApp({ name: `${name}-compute`, manifest: onCompute }),
  );
  const routes = [...SESSION_ROUTES, ...COMPUTE_ROUTES];
  await breakEach(routes, effects);

  const all = await Promise.all([inSession.run(), onInstance.run()]);

  const paths = routes.map((route) => route.split(" ")[1] ?? "");
  expect(await backDoor.faultsOn(paths)).toEqual([]);
  for (const ended of all) {
    expect(ended).toMatchObject({
      status: "succeeded",
      verdict: { outcome: "passed" },
      deployment: { outcome: "deployed" },
      error: null,
    });
    const kinds = (await backDoor.inventoryOf(ended.app, [ended.id])).map(({ kind }) => kind);
    expect(kinds.filter((kind) => MADE_ONCE.includes(kind)).toSorted()).toEqual([
      "deployment",
      "endpoint",
      "model",
      "run",
      "run",
    ]);
    await expectNothingLeft(ended);
  }
});
