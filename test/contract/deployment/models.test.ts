import { describe, expect, test } from "vitest";
import { createArm } from "#azure/deployment/arm.ts";
import { createModels } from "#azure/deployment/models.ts";
import { createAzureHttp } from "#azure/http.ts";
import { type Asked, credential, type LiteralAnswer, startLiteral } from "./literal-server.ts";

const workspace = { subscriptionId: "s", resourceGroup: "g", workspace: "w" };
const MODEL = {
  name: "m",
  datastore: "store",
  path: "LocalUpload/1/qa",
  description: null,
  tags: {},
  properties: { own: "x" },
  identity: { "flowgate.bundle": "b" },
};

async function start(answer: (asked: Asked, count: number) => LiteralAnswer | undefined) {
  const server = await startLiteral(answer);
  const arm = createArm({ http: createAzureHttp(credential), workspace, armEndpoint: server.url });
  const models = createModels(arm, async () => {});
  return { models, server, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

const version = (name: string, properties: Readonly<Record<string, string>>) => ({
  id: `/models/m/versions/${name}`,
  name,
  properties: { properties },
});

describe("registering a model", () => {
  test("takes the next version when another pipeline took the one that was free", async () => {
    let taken = 3;
    await using stand = await start(({ method, path }) => {
      const asked = /versions\/(\d+)$/.exec(path)?.[1];
      if (path.endsWith("/models/m")) return { body: { properties: { nextVersion: `${taken}` } } };
      if (path.endsWith("/versions")) return { body: { value: [] } };
      if (method === "GET") return { body: version(asked ?? "", {}) };
      if (Number(asked) > 3) return { status: 201, body: version(asked ?? "", {}) };
      taken = 4;
      return { status: 400, body: { error: { code: "UserError", message: "immutable" } } };
    });

    expect(await stand.models.ensureRegistered(MODEL)).toEqual({
      name: "m",
      version: "4",
      id: "/models/m/versions/4",
    });
  });

  test("gives up its turn when others keep taking the next version", async () => {
    await using stand = await start(({ method, path }) => {
      if (path.endsWith("/models/m")) return { body: { properties: { nextVersion: "3" } } };
      if (path.endsWith("/versions")) return { body: { value: [] } };
      return method === "GET" ? { body: version("3", {}) } : { status: 409, body: {} };
    });

    await expect(stand.models.ensureRegistered(MODEL)).rejects.toMatchObject({
      code: "AZURE_BUSY",
    });
  });

  test("tells Azure's refusal when the version is not there after all", async () => {
    await using stand = await start(({ method }) =>
      method === "PUT"
        ? { status: 400, body: { error: { code: "UserError", message: "bad name" } } }
        : undefined,
    );

    await expect(stand.models.ensureRegistered(MODEL)).rejects.toMatchObject({
      code: "AZURE_REFUSED",
      message: expect.stringContaining("bad name"),
    });
  });

  test("takes the version after the last one where the model itself is a 404", async () => {
    await using stand = await start(({ method, path }) => {
      if (path.endsWith("/versions"))
        return { body: { value: [version("9", {}), version("10", {})] } };
      return method === "PUT" ? { status: 201, body: version("11", {}) } : undefined;
    });

    expect(await stand.models.ensureRegistered(MODEL)).toMatchObject({ version: "11" });
  });

  test("waits its turn: a 409 about a version that is not there is AZURE_BUSY", async () => {
    await using stand = await start(({ method }) =>
      method === "PUT"
        ? { status: 409, body: { error: { code: "Conflict", message: "not now" } } }
        : undefined,
    );

    await expect(stand.models.ensureRegistered(MODEL)).rejects.toMatchObject({
      code: "AZURE_BUSY",
      message: expect.stringContaining("Azure answered 409 to PUT"),
    });
  });

  test("finds the version that is this model, whatever its number", async () => {
    await using stand = await start(({ path }) =>
      path.endsWith("/versions")
        ? {
            body: {
              value: [version("9", { "flowgate.bundle": "a" }), version("2", MODEL.identity)],
            },
          }
        : { body: { properties: { nextVersion: "10" } } },
    );

    expect(await stand.models.ensureRegistered(MODEL)).toMatchObject({ version: "2" });
    expect(stand.server.asked.map(({ method }) => method)).toEqual(["GET", "GET"]);
  });
});

describe("a registered version", () => {
  const id = "/workspaces/w/models/m/versions/3";

  test("that is not there at the first look is looked for again", async () => {
    await using stand = await start((_, count) =>
      count === 1 ? undefined : { body: version("3", { own: "x" }) },
    );

    expect(await stand.models.read(id)).toEqual({ properties: { own: "x" }, uri: "" });
  });

  test("that is not there at the second look either is no more", async () => {
    await using stand = await start(() => undefined);

    expect(await stand.models.read(id)).toBeUndefined();
  });
});
