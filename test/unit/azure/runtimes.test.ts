import { expect, test } from "vitest";
import { createRuntimes } from "#azure/runtimes.ts";
import { discoverAt, http, type LiteralAzure, literalAzure } from "./literal-azure.ts";

const pending = { state: "pending", message: "" };
const ready = { state: "ready", message: "" };
const gone = { state: "gone", message: "" };

function runtimesAt(azure: LiteralAzure) {
  return createRuntimes(http, discoverAt(azure));
}

const runtime = { runtimeName: "rt", createdOn: "2026-01-01T00:00:00Z" };

test.each([
  [runtime, ready],
  [{ ...runtime, status: null, error: null }, ready],
  [{ ...runtime, status: "Starting" }, pending],
  [{ ...runtime, status: "Unavailable" }, pending],
  [{ ...runtime, status: "NotExist" }, gone],
  [{ ...runtime, createdOn: "0001-01-01T00:00:00+00:00" }, pending],
  [{ runtimeName: "rt" }, pending],
  [{ ...runtime, createdOn: "never" }, pending],
  [
    { ...runtime, status: "Failed", statusMessage: "starting timed out" },
    { state: "failed", message: "starting timed out" },
  ],
  [
    { ...runtime, error: { error: { code: "UserError", message: "no app" } } },
    { state: "failed", message: "no app" },
  ],
  [
    { ...runtime, error: { message: "no app" } },
    { state: "failed", message: "no app" },
  ],
  [
    { ...runtime, status: "Stopping" },
    { state: "failed", message: "Runtime rt is Stopping." },
  ],
])("a runtime that says %j", async (body, standing) => {
  await using azure = await literalAzure([{ body }]);
  expect(await runtimesAt(azure).read("rt")).toEqual(standing);
});

test.each([
  [{ status: 401, body: { status: null } }, "AZURE_REFUSED"],
  [{ status: 500, body: { status: null } }, "AZURE_BUSY"],
  [{ body: { error: { code: "x" } } }, "AZURE_UNEXPECTED"],
  [{ body: "" }, "AZURE_UNEXPECTED"],
])("an error body is never a healthy runtime: %j is %s", async (reply, code) => {
  await using azure = await literalAzure([reply]);
  await expect(runtimesAt(azure).read("rt")).rejects.toMatchObject({ code });
});

test("a runtime that is still changing is worth another try, to make it and to remove it", async () => {
  await using azure = await literalAzure(({ method }) => ({
    status: method === "GET" ? 404 : 409,
  }));
  const runtimes = runtimesAt(azure);
  const busy = { code: "AZURE_BUSY" };

  await expect(runtimes.ensureStarted("rt", "ci")).rejects.toMatchObject(busy);
  await expect(runtimes.remove("rt")).rejects.toMatchObject(busy);
});
