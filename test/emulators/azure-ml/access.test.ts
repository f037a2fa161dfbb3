import { afterAll, beforeAll, expect, test } from "vitest";
import { type Azurite, startAzurite } from "./azurite.ts";
import { aSubmit, type Stand, startStand, WORKSPACE } from "./stand.ts";

let azurite: Azurite;
let stand: Stand;
beforeAll(async () => {
  azurite = await startAzurite();
  stand = await startStand(azurite);
});
afterAll(async () => {
  await stand[Symbol.asyncDispose]();
  await azurite[Symbol.asyncDispose]();
});

const arm = `${WORKSPACE}?api-version=2022-10-01`;
const history = `/history/v1.0${WORKSPACE}/rundata`;

test.each([
  "https://management.azure.com",
  "https://management.azure.com/",
  "https://management.azure.com/.default",
])("a token for %s opens both planes", async (audience) => {
  const headers = { authorization: `Bearer ${await stand.token(audience)}` };

  expect((await stand.call("GET", arm, { headers })).status).toBe(200);
  const unknown = await stand.call("POST", history, { headers, body: { runId: "x" } });
  expect(unknown.status).toBe(404);
});

test("no token, garbage, a wrong audience and an expired token are 401 on both planes", async () => {
  const expired = await stand.token("https://management.azure.com", 60);
  const wrong = await stand.token("https://storage.azure.com");
  stand.clock.advance(60_000);

  for (const token of ["", "garbage", wrong, expired]) {
    const headers = { authorization: `Bearer ${token}` };
    expect(await stand.call("GET", arm, { headers })).toMatchObject({
      status: 401,
      body: { error: { code: "InvalidAuthenticationToken" } },
    });
    expect(await stand.call("POST", history, { headers, body: {} })).toMatchObject({
      status: 401,
      body: {
        error: { code: "UserError", innerError: { code: "InvalidAuthenticationToken" } },
        statusCode: 401,
      },
    });
  }
});

test("a token carries audience, object id, tenant and expiry", async () => {
  const token = await stand.token("https://ml.azure.com/.default", 300);

  const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
  expect(claims).toMatchObject({
    aud: "https://ml.azure.com",
    oid: expect.any(String),
    tid: expect.any(String),
  });
  expect(claims.exp).toBe(stand.clock.now() / 1000 + 300);
});

test("a token request without an audience is refused", async () => {
  const refused = await stand.call("POST", "/_emulator/token", { body: { ttl: 1 } });

  expect(refused.status).toBe(400);
  expect(refused.body.error.message).toContain("audience");
});

test("submitting a run needs the user's own token for the ML audience", async () => {
  const refused = await stand.call("POST", `/flow/api${WORKSPACE}/BulkRuns/submit`, {
    body: aSubmit("foreign"),
    headers: { "aml-user-token": "" },
  });

  expect(refused.status).toBe(401);
  expect(refused.body.error.message).toContain("aml-user-token");
});

test("ARM wants an api-version, the data plane none", async () => {
  const refused = await stand.call("GET", WORKSPACE);

  expect(refused).toMatchObject({
    status: 400,
    body: { error: { code: "MissingApiVersionParameter" } },
  });
});

test("the case of ARM's own path segments and of names does not matter", async () => {
  const answer = await stand.call("GET", arm.toLowerCase().replace("api-version", "api-version"));

  expect(answer.body.name).toBe("local");
});

test.each([
  { path: arm.replace("flowgate", "other"), code: "ResourceGroupNotFound" },
  { path: arm.replace("/local", "/other"), code: "ResourceNotFound" },
  { path: arm.replace("000000000001", "000000000002"), code: "SubscriptionNotFound" },
])("another place is 404 $code", async ({ path, code }) => {
  expect(await stand.call("GET", path)).toMatchObject({ status: 404, body: { error: { code } } });
});

test("answers carry the request ids of their plane", async () => {
  const fromArm = await stand.call("GET", arm);
  expect(fromArm.headers.get("x-ms-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  expect(fromArm.headers.get("x-ms-ratelimit-remaining-subscription-reads")).toBe("11999");
  const fromHistory = await stand.call("POST", history, {
    body: { runId: "x" },
    headers: { "x-ms-client-request-id": "mine" },
  });
  expect(fromHistory.headers.get("x-ms-client-request-id")).toBe("mine");
  expect(fromHistory.headers.get("x-ms-response-type")).toBe("error");
});

test("a body that is not a JSON object is refused, an unknown route is named", async () => {
  expect((await stand.history("POST", "/rundata", "[1]")).status).toBe(400);
  expect((await stand.history("POST", "/rundata", "{")).status).toBe(400);
  const unknown = await stand.arm("GET", "/jobs");
  expect(unknown.status).toBe(404);
  expect(unknown.body.error.message).toContain("/jobs is not emulated");
});

test("the front page says what this is, to anyone", async () => {
  const { status, body } = await stand.call("GET", "/", { headers: { authorization: "" } });

  expect(status).toBe(200);
  expect(body).toContain("emulator of Azure Machine Learning");
});
