import { expect, test } from "vitest";
import { connectAzure } from "#azure/connect-azure.ts";
import {
  credential,
  type LiteralAzure,
  literalAzure,
  type Reply,
  type Seen,
  WORKSPACE_PATH as WS,
  workspace,
} from "./literal-azure.ts";

type Clients = ReturnType<typeof connectAzure>;

const FLOW = `/flow/api${WS}`;
const HISTORY = `/history/v1.0${WS}`;
const METRIC = `/metric/v2.0${WS}`;
const SESSION = "5".repeat(48);

/** What the services beside ARM were asked for one call, and as whom; `reply` is their answer. */
async function asked(
  call: (azure: Clients) => Promise<unknown>,
  reply: Reply = { status: 404, body: {} },
): Promise<[string, unknown, string | undefined][]> {
  const answer = ({ path }: Seen): Reply => {
    if (!path.startsWith(WS)) return reply;
    return { body: { location: "here", properties: { discoveryUrl: `${azure.url}/discovery` } } };
  };
  await using azure: LiteralAzure = await literalAzure(answer);
  await call(connectAzure({ credential, workspace, armEndpoint: azure.url }));
  const [discovery, ...seen] = azure.seen;
  expect(discovery?.path).toBe(`${WS}?api-version=2022-10-01`);
  for (const { headers } of seen) {
    expect(headers).toMatchObject({
      authorization: "Bearer https://management.azure.com/.default",
      "x-ms-client-request-id": expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  }
  return seen.map(({ method, path, body, headers }) => [
    `${method} ${path}`,
    body,
    headers["aml-user-token"]?.toString(),
  ]);
}

const rundata = { runMetadata: { status: "Running" } };

test.each<[string, (azure: Clients) => Promise<unknown>, string, unknown, Reply]>([
  [
    "a run's status",
    ({ history }) => history.read("r"),
    `POST ${HISTORY}/rundata`,
    { runId: "r", selectRunMetadata: true },
    { body: rundata },
  ],
  [
    "a run's lines",
    ({ runs }) => runs.readLines("r", 25, 49),
    `GET ${FLOW}/BulkRuns/r/childRuns?startIndex=25&endIndex=49`,
    undefined,
    { body: [] },
  ],
  [
    "a run's log",
    ({ runs }) => runs.readLog("r"),
    `GET ${FLOW}/BulkRuns/r/logContent`,
    undefined,
    { body: '"a"' },
  ],
  [
    "a run's end",
    ({ runs }) => runs.cancel("r"),
    `POST ${FLOW}/BulkRuns/r/cancel`,
    undefined,
    { body: "" },
  ],
  [
    "a run's metrics",
    ({ metrics }) => metrics.read("r"),
    `POST ${METRIC}/runs/r/lastvalues`,
    {},
    { body: { value: [] } },
  ],
  [
    "a runtime",
    ({ runtimes }) => runtimes.read("rt"),
    `GET ${FLOW}/FlowRuntimes/rt`,
    undefined,
    { status: 404 },
  ],
  [
    "a runtime's removal",
    ({ runtimes }) => runtimes.remove("rt"),
    `DELETE ${FLOW}/FlowRuntimes/rt?asyncCall=true`,
    undefined,
    { body: {} },
  ],
  [
    "a session",
    ({ sessions }) => sessions.read(SESSION, null),
    `GET ${FLOW}/FlowSessions/${SESSION}`,
    undefined,
    { body: {} },
  ],
  [
    "a session's removal",
    ({ sessions }) => sessions.remove(SESSION),
    `DELETE ${FLOW}/FlowSessions/${SESSION}`,
    undefined,
    { status: 202 },
  ],
])("%s", async (_, call, request, body, reply) => {
  expect(await asked(call, reply)).toEqual([[request, body, undefined]]);
});

test("a new runtime is installed on its compute instance", async () => {
  const there = { body: { runtimeName: "rt", status: "NotExist" } };
  const requests = await asked(({ runtimes }) => runtimes.ensureStarted("rt", "ci"), there);

  expect(requests).toEqual([
    [`GET ${FLOW}/FlowRuntimes/rt`, undefined, undefined],
    [
      `POST ${FLOW}/FlowRuntimes/rt?asyncCall=true`,
      { runtimeType: "ComputeInstance", computeInstanceName: "ci" },
      undefined,
    ],
  ]);
});

test("a new session is asked for as the caller", async () => {
  const requests = await asked(
    ({ sessions }) =>
      sessions.start({
        name: SESSION,
        vmSize: "Standard_DS1_v2",
        requirements: ["requests==2.32.0"],
      }),
    { status: 200, body: {} },
  );

  expect(requests).toEqual([
    [
      `POST ${FLOW}/FlowSessions/${SESSION}`,
      {
        action: "Install",
        vmSize: "Standard_DS1_v2",
        pythonPipRequirements: ["requests==2.32.0"],
        maxIdleTimeSeconds: 3600,
      },
      "https://ml.azure.com/.default",
    ],
  ]);
});

test("a token that has run out is renewed between two polls of a long wait", async () => {
  let issued = 0;
  await using azure: LiteralAzure = await literalAzure(({ path }) =>
    path.startsWith(WS)
      ? { body: { location: "here", properties: { discoveryUrl: `${azure.url}/discovery` } } }
      : { body: rundata },
  );
  const getToken = async () => {
    issued += 1;
    return { token: `t${issued}`, expiresOnTimestamp: 0 };
  };
  const { history } = connectAzure({
    credential: { getToken },
    workspace,
    armEndpoint: azure.url,
  });
  await history.read("r");
  await history.read("r");

  const [, first, second] = azure.seen.map(({ headers }) => headers.authorization);
  expect([first, second]).toEqual(["Bearer t2", "Bearer t3"]);
});
