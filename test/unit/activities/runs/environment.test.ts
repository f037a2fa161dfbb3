import { expect, test } from "vitest";
import { createAssignRole } from "#activities/assign-role.ts";
import { createEnsureIdentity } from "#activities/ensure-identity.ts";
import { createRemoveResource } from "#activities/remove-resource.ts";
import { createStartSession } from "#activities/start-session.ts";
import { anApp, BUNDLE, files } from "#kit/apps.ts";

test("one identity serves every pipeline of the workspace", async () => {
  const ensured: string[] = [];
  const { run } = createEnsureIdentity(
    {
      async ensure(name) {
        ensured.push(name);
        return { resourceId: "/id", principalId: "p" };
      },
    },
    "ws",
  );
  expect(await run({})).toEqual({ name: "flowgate-ws", resourceId: "/id", principalId: "p" });
  expect(ensured).toEqual(["flowgate-ws"]);
});

test("a role assignment is known by its name", async () => {
  const { run } = createAssignRole({ ensureDataScientist: async (principal) => `of ${principal}` });
  expect(await run({ principalId: "p" })).toEqual({ name: "of p" });
});

test.each(["computeInstance", "runtime", "session"] as const)(
  "a %s is removed by its own client",
  async (kind) => {
    const removed: string[] = [];
    const remover = (of: string) => ({
      remove: async (name: string) => void removed.push(`${of} ${name}`),
    });
    const { run } = createRemoveResource({
      computeInstance: remover("computeInstance"),
      runtime: remover("runtime"),
      session: remover("session"),
    });
    expect(await run({ kind, name: "x" })).toEqual({});
    expect(removed).toEqual([`${kind} x`]);
  },
);

test("a session has what both flows require, each line once", async () => {
  const asked: unknown[] = [];
  const app = anApp({
    files: files({
      "qa/flow.dag.yaml": "nodes: []\n",
      "qa/requirements.txt": "bs4\nlxml\n",
      "grade/flow.dag.yaml": "nodes: []\n",
      "grade/requirements.txt": "lxml\nscipy\n",
    }),
  });
  const { run } = createStartSession(
    { read: async () => app },
    {
      async start(session) {
        asked.push(session);
        return "FlowSessions/x/o";
      },
    },
  );
  const job = { id: "qa-0123456789ab", app: "qa", bundle: BUNDLE };

  expect(await run({ ...job, name: "n", vmSize: "v" })).toEqual({ operation: "FlowSessions/x/o" });
  expect(asked).toEqual([{ name: "n", vmSize: "v", requirements: ["bs4", "lxml", "scipy"] }]);
});
