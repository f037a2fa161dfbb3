import { expect, test } from "vitest";
import { createAzureHttp } from "#azure/http.ts";
import {
  credential,
  http,
  impatientHttp,
  literalAzure,
  machineLearning,
  WORKSPACE_PATH,
} from "./literal-azure.ts";

const error = { error: { code: "TheCode", message: "The message." } };

test.each([
  { status: 400, code: "AZURE_REFUSED", calls: 1 },
  { status: 401, code: "AZURE_REFUSED", calls: 1 },
  { status: 403, code: "AZURE_REFUSED", calls: 1 },
  { status: 404, code: "AZURE_REFUSED", calls: 1 },
  { status: 409, code: "AZURE_REFUSED", calls: 1 },
  { status: 302, code: "AZURE_REFUSED", calls: 1 },
  { status: 408, code: "AZURE_BUSY", calls: 3 },
  { status: 429, code: "AZURE_BUSY", calls: 3 },
  { status: 500, code: "AZURE_BUSY", calls: 3 },
  { status: 502, code: "AZURE_BUSY", calls: 3 },
  { status: 503, code: "AZURE_BUSY", calls: 3 },
  { status: 504, code: "AZURE_BUSY", calls: 3 },
])("$status is $code after $calls calls", async ({ status, code, calls }) => {
  await using azure = await literalAzure([{ status, body: error }]);

  await expect(http({ method: "GET", url: `${azure.url}/a/b?sig=secret` })).rejects.toMatchObject({
    code,
    retryable: code === "AZURE_BUSY",
    message: expect.stringContaining(
      `Azure answered ${status} to GET /a/b: TheCode: The message. (request `,
    ),
  });
  expect(azure.seen).toHaveLength(calls);
});

test.each(["reset", "cut"] as const)("a connection that is %s is AZURE_BUSY", async (reply) => {
  await using azure = await literalAzure([reply]);

  await expect(http({ method: "GET", url: `${azure.url}/a?sig=secret` })).rejects.toMatchObject({
    code: "AZURE_BUSY",
    message: expect.not.stringContaining("secret"),
  });
  expect(azure.seen).toHaveLength(3);
});

test("what passes quickly is not seen by the caller", async () => {
  await using azure = await literalAzure(["reset", { status: 503 }, { body: { fine: true } }]);

  const answer = await http({ method: "GET", url: azure.url });
  expect(answer.body).toEqual({ fine: true });
});

test("a call that could do harm twice is made once", async () => {
  await using azure = await literalAzure([{ status: 503 }]);

  const request = { method: "POST", url: azure.url, repeatable: false } as const;
  await expect(http(request)).rejects.toMatchObject({ code: "AZURE_BUSY" });
  expect(azure.seen).toHaveLength(1);
});

test("a wait that the service asks for is kept", async () => {
  const asked = { "retry-after": "7" };
  await using azure = await literalAzure([{ status: 429, headers: asked }, { body: {} }]);
  const waits: number[] = [];
  await impatientHttp(waits)({ method: "GET", url: azure.url });

  expect(waits).toEqual([7_000]);
});

test("a wait until a date is kept as well", async () => {
  const until = new Date(Date.now() + 6_000).toUTCString();
  const asked = { "retry-after": until };
  await using azure = await literalAzure([{ status: 503, headers: asked }, { body: {} }]);
  const waits: number[] = [];
  await impatientHttp(waits)({ method: "GET", url: azure.url });

  const [wait = 0] = waits;
  expect([waits.length, wait > 4_000, wait <= 6_000]).toEqual([1, true, true]);
});

test.each(["soon", "0", "-1", "Thu, 01 Jan 1970 00:00:00 GMT"])(
  "a wait that is none is not kept: %s",
  async (asked) => {
    const busy = { status: 429, headers: { "retry-after": asked } };
    await using azure = await literalAzure([busy, { body: {} }]);
    const waits: number[] = [];
    await impatientHttp(waits)({ method: "GET", url: azure.url });

    expect(waits.map((wait) => wait >= 150 && wait <= 450)).toEqual([true]);
  },
);

test("without being asked the waits grow, and differ from caller to caller", async () => {
  await using azure = await literalAzure([{ status: 503 }]);
  const waits: number[] = [];
  await expect(impatientHttp(waits)({ method: "GET", url: azure.url })).rejects.toThrow();

  const [first = 0, second = 0] = waits;
  expect(waits).toHaveLength(2);
  expect([first >= 150, first <= 450, second >= 300, second <= 900]).toEqual([
    true,
    true,
    true,
    true,
  ]);
});

test("a wait longer than an activity may sleep is left to the orchestrator", async () => {
  await using azure = await literalAzure([{ status: 429, headers: { "retry-after": "60" } }]);

  await expect(http({ method: "GET", url: azure.url })).rejects.toMatchObject({
    code: "AZURE_BUSY",
    retryAfterMs: 60_000,
  });
  expect(azure.seen).toHaveLength(1);
});

test("a request has an ARM token, an id of its own and, with a body, its type", async () => {
  await using azure = await literalAzure([{ status: 204 }]);
  await http({ method: "PUT", url: azure.url, body: { a: 1 }, headers: { "aml-user-token": "t" } });

  expect(azure.seen[0]?.headers).toMatchObject({
    authorization: "Bearer https://management.azure.com/.default",
    "x-ms-client-request-id": expect.stringMatching(/^[0-9a-f-]{36}$/),
    "content-type": "application/json",
    "aml-user-token": "t",
  });
});

/** Gives away what it has kept until it is asked past that. */
function keepingCredential(fresh = "new") {
  let kept = "old";
  return {
    async getToken(scope: string | string[], { claims }: { claims?: string | undefined } = {}) {
      if (claims !== undefined) kept = fresh;
      return { token: `${kept} ${scope}`, expiresOnTimestamp: Number.MAX_SAFE_INTEGER };
    },
  };
}

const expired = { status: 401, body: { error: { code: "ExpiredAuthenticationToken" } } };

test("tokens that the service no longer takes are renewed, and the call is made again, once", async () => {
  await using azure = await literalAzure([expired, { body: { fine: true } }]);
  const call = createAzureHttp(keepingCredential(), async () => {});
  const request = { method: "POST", url: azure.url, asCaller: true, repeatable: false } as const;

  expect((await call(request)).body).toEqual({ fine: true });
  expect(
    azure.seen.map(({ headers }) => [headers.authorization, headers["aml-user-token"]]),
  ).toEqual([
    ["Bearer old https://management.azure.com/.default", "old https://ml.azure.com/.default"],
    ["Bearer new https://management.azure.com/.default", "new https://ml.azure.com/.default"],
  ]);
});

test("renewed tokens that are refused too are AZURE_REFUSED", async () => {
  await using azure = await literalAzure([expired]);
  const call = createAzureHttp(keepingCredential(), async () => {});

  await expect(call({ method: "GET", url: `${azure.url}/a` })).rejects.toMatchObject({
    code: "AZURE_REFUSED",
    message: expect.stringContaining("Azure answered 401 to GET /a: ExpiredAuthenticationToken"),
  });
  expect(azure.seen).toHaveLength(2);
});

test("the SDK's calls on loopback renew their token as well", async () => {
  await using azure = await literalAzure([expired, { body: { id: WORKSPACE_PATH, name: "ws" } }]);
  const ml = machineLearning(azure, keepingCredential());

  expect((await ml.workspaces.get("rg", "ws")).name).toBe("ws");
  expect(azure.seen.map(({ headers }) => headers.authorization)).toEqual([
    "Bearer old https://management.azure.com/.default",
    "Bearer new https://management.azure.com/.default",
  ]);
});

test("a page of HTML in place of an answer to the SDK is no empty answer either", async () => {
  const page = { headers: { "content-type": "text/html" }, body: "<html>Hello" };
  await using azure = await literalAzure([page]);
  const { workspaces } = machineLearning(azure);

  await expect(workspaces.get("rg", "ws")).rejects.toMatchObject({
    code: "AZURE_BUSY",
    message: expect.stringContaining(`answered 200 to GET ${WORKSPACE_PATH} with a page of HTML`),
  });
});

test("a page of HTML in place of an answer is AZURE_BUSY: Azure never saw the call", async () => {
  const page = { headers: { "content-type": "text/html; charset=utf-8" }, body: "<html>Hello" };
  await using azure = await literalAzure([page]);

  await expect(http({ method: "GET", url: `${azure.url}/a?sig=secret` })).rejects.toMatchObject({
    code: "AZURE_BUSY",
    message: expect.stringMatching(
      /^Something on the way to Azure answered 200 to GET \/a with a page of HTML \(request [0-9a-f-]{36}\)\. Start the pipeline again later, with a higher attempt\.$/,
    ),
  });
  expect(azure.seen).toHaveLength(3);
});

test("the message has the deepest code, and the service's own id of the request", async () => {
  const inner = { code: "NotFound", innerError: { code: "RunNotFound", innerError: null } };
  const body = {
    error: { code: "UserError", message: "No.", innerError: inner, debugInfo: "stack" },
  };
  await using azure = await literalAzure([
    { status: 404, headers: { "x-ms-request-id": "the-id" }, body },
  ]);

  await expect(http({ method: "GET", url: `${azure.url}/a` })).rejects.toThrow(
    /^Azure answered 404 to GET \/a: RunNotFound: No\. \(request the-id\)\. See whether somebody removed it, or it has another name\.$/,
  );
});

test.each([
  [400, ""],
  [401, " Check the identity that Flowgate runs as."],
  [403, " Give the identity that Flowgate runs as the right to this call."],
  [404, " See whether somebody removed it, or it has another name."],
  [429, " Start the pipeline again later, with a higher attempt."],
  [500, " Start the pipeline again later, with a higher attempt."],
])("the message of a %i ends in what to do", async (status, advice) => {
  await using azure = await literalAzure([
    { status, headers: { "x-ms-request-id": "the-id" }, body: error },
  ]);

  const message = `Azure answered ${status} to GET /a: TheCode: The message. (request the-id).${advice}`;
  await expect(http({ method: "GET", url: `${azure.url}/a` })).rejects.toMatchObject({ message });
});

test("silence says what was asked, under which id, and what to do", async () => {
  await using azure = await literalAzure(["reset"]);

  await expect(http({ method: "GET", url: `${azure.url}/a` })).rejects.toThrow(
    /^No answer to GET \/a: .+ \(request [0-9a-f-]{36}\)\. Start the pipeline again later, with a higher attempt\.$/,
  );
});

test("a page of HTML in place of an error is told in part", async () => {
  await using azure = await literalAzure([{ status: 403, body: `<html>${"x".repeat(9_999)}` }]);

  const refused = await http({ method: "GET", url: azure.url }).catch((reason: Error) => reason);
  expect((refused as Error).message.length).toBeLessThan(700);
});

test("a status that is an answer is no error", async () => {
  await using azure = await literalAzure([{ status: 404, body: error }]);

  expect(await http({ method: "GET", url: azure.url, accept: [404] })).toMatchObject({
    status: 404,
    body: error,
  });
});

test.each([
  [{ body: "" }, undefined],
  [{ body: "no json" }, "no json"],
  [{ body: { a: 1 } }, { a: 1 }],
])("a body of %j is %j", async (reply, body) => {
  await using azure = await literalAzure([reply]);
  expect((await http({ method: "GET", url: azure.url })).body).toEqual(body);
});

test.each([
  [{ statusCode: 401, message: "AADSTS7000222: the secret expired" }, "AZURE_REFUSED"],
  [{ statusCode: 503, message: "the directory is away" }, "AZURE_BUSY"],
  [{ message: "no managed identity endpoint" }, "AZURE_BUSY"],
])("without a token nothing is sent: %j is %s", async (failure, code) => {
  await using azure = await literalAzure([{}]);
  const getToken = () => Promise.reject(Object.assign(new Error(failure.message), failure));
  const call = createAzureHttp({ ...credential, getToken }, async () => {});

  await expect(call({ method: "GET", url: azure.url })).rejects.toMatchObject({
    code,
    message: expect.stringContaining(failure.message),
  });
  expect(azure.seen).toHaveLength(0);
});
