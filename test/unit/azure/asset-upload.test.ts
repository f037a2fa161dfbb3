import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { createAssetUpload } from "#azure/asset-upload.ts";
import { createCodeAssets } from "#azure/code-assets.ts";
import { createDefaultDatastore } from "#azure/datastore.ts";
import { createArm } from "#azure/deployment/arm.ts";
import { files } from "#kit/apps.ts";
import {
  credential,
  http,
  type Literal,
  type LiteralAzure,
  literalAzure,
  machineLearning,
  type Seen,
  WORKSPACE_PATH as WS,
  workspace,
} from "./literal-azure.ts";

const flow = {
  name: "qa",
  files: files({ "flow.dag.yaml": "nodes: []\n", "ask.py": "1\n", "a.log": "no" }),
  flowFile: "flow.dag.yaml",
  ignores: (path: string) => path.endsWith(".log"),
};
const line = async () => Readable.from([Buffer.from("{}\n")]);
// Both hashes are what `azure-ai-ml` 1.16.1 computes of that folder.
const FOLDER = "LocalUpload/f0fc93548d50732a9e01549595daf437/qa";
const CONTENT = "8e9bd98e9d47b3d4133e1f1779770609b17fa7eb2e8cf059e92f65c159345a69";
const CODE = `${WS}/codes/flowgate-8e9bd98e9d47b3d4133e1f1779770609/versions/1`;

const KEY = { secretsType: "AccountKey", key: "a2V5" };
const REFUSED = {
  status: 403,
  body: { error: { code: "AuthorizationFailed", message: "No listSecrets/action." } },
};

interface Store {
  readonly credentialsType?: string;
  readonly secrets?: Literal;
}

/** Workspace and storage on one server; `answer` comes before what is written here. */
async function start(
  { credentialsType = "AccountKey", secrets = { body: KEY } }: Store,
  answer: (seen: Seen, azure: LiteralAzure) => Literal | undefined = () => undefined,
) {
  const azure: LiteralAzure = await literalAzure((seen) => {
    const own = answer(seen, azure);
    if (own !== undefined) return own;
    if (seen.path.includes("/listSecrets")) return secrets;
    if (seen.path.includes("/datastores")) return { body: { value: [datastoreAt(azure)] } };
    if (seen.method === "HEAD") {
      return { status: 404, headers: { "x-ms-error-code": "BlobNotFound" } };
    }
    if (seen.path.includes("comp=metadata")) return {};
    return { status: seen.method === "PUT" ? 201 : 404 };
  });
  function datastoreAt({ url }: LiteralAzure) {
    const properties = {
      datastoreType: "AzureBlob",
      accountName: "acc",
      containerName: "box",
      endpoint: new URL(url).host,
      protocol: "http",
      credentials: { credentialsType },
    };
    return { name: "workspaceblobstore", properties };
  }
  const arm = createArm({ http, workspace, armEndpoint: azure.url });
  const open = createDefaultDatastore(machineLearning(azure), workspace);
  return {
    assets: createAssetUpload(open, createCodeAssets(arm), credential),
    azure,
    /** Method and path of what storage was asked, and the headers that matter. */
    blobs: () => azure.seen.filter(({ path }) => !path.startsWith("/subscriptions")),
    [Symbol.asyncDispose]: () => azure[Symbol.asyncDispose](),
  };
}

describe("an upload", () => {
  test("looks for its first file, puts what is missing, and marks it as complete last", async () => {
    await using stand = await start({});
    const uploaded = await stand.assets.uploadFlow(flow);

    expect(uploaded).toEqual({
      datastore: "workspaceblobstore",
      blobPath: `${FOLDER}/flow.dag.yaml`,
    });
    expect(
      stand.azure.seen
        .slice(0, 2)
        .map(({ method, path }) => `${method} ${path.replace(WS, "{ws}")}`),
    ).toEqual([
      "GET {ws}/datastores?api-version=2022-10-01&count=30&isDefault=true&orderByAsc=false",
      "POST {ws}/datastores/workspaceblobstore/listSecrets?api-version=2022-10-01",
    ]);
    const [first, ...rest] = stand.blobs();
    const last = rest.pop();
    expect([first?.method, first?.path]).toEqual(["HEAD", `/acc/box/${FOLDER}/ask.py`]);
    expect(rest.map(({ path, body }) => [path, body]).toSorted()).toEqual([
      [`/acc/box/${FOLDER}/ask.py`, "1\n"],
      [`/acc/box/${FOLDER}/flow.dag.yaml`, "nodes: []\n"],
    ]);
    for (const { method, headers } of rest) {
      expect(method).toBe("PUT");
      expect(headers).toMatchObject({ "x-ms-blob-type": "BlockBlob", "if-none-match": "*" });
    }
    expect(last).toMatchObject({
      method: "PUT",
      path: `/acc/box/${FOLDER}/ask.py?comp=metadata`,
      headers: {
        "x-ms-meta-name": expect.stringMatching(/^[0-9a-f-]{36}$/),
        "x-ms-meta-version": "1",
        "x-ms-meta-upload_status": "completed",
      },
    });
  });

  test("that is there and complete is left alone", async () => {
    await using stand = await start({}, ({ method }) =>
      method === "HEAD" ? { headers: { "x-ms-meta-upload_status": "completed" } } : undefined,
    );
    await stand.assets.uploadFlow(flow);

    expect(stand.blobs().map(({ method }) => method)).toEqual(["HEAD"]);
  });

  test("that broke off is finished, whatever of it is there already", async () => {
    const there = {
      status: 409,
      headers: { "content-type": "application/xml" },
      body: "<Error><Code>BlobAlreadyExists</Code><Message>There.</Message></Error>",
    };
    await using stand = await start({}, ({ method, path }) => {
      if (method === "HEAD") return {};
      return path.endsWith("ask.py") && method === "PUT" ? there : undefined;
    });
    await stand.assets.uploadFlow(flow);

    const metadata = stand.blobs().at(-1);
    expect(metadata?.path).toBe(`/acc/box/${FOLDER}/ask.py?comp=metadata`);
  });

  test.each([
    ["the account's key", {}, /^SharedKey acc:/, undefined],
    [
      "a shared access signature",
      { secrets: { body: { secretsType: "Sas", sasToken: "?sv=1&sig=s" } } },
      undefined,
      "sv=1&sig=s",
    ],
    [
      "the app's own identity where there is no secret",
      { credentialsType: "None" },
      /^Bearer https:\/\/storage\.azure\.com\/\.default$/,
      undefined,
    ],
    [
      "the app's own identity where the secret is refused",
      { secrets: REFUSED },
      /^Bearer https:\/\/storage\.azure\.com\/\.default$/,
      undefined,
    ],
  ])("is let in by %s", async (_, store, authorization, query) => {
    await using stand = await start(store);
    const { uri } = await stand.assets.uploadFile("data.jsonl", line);

    expect(uri).toMatch(/^azureml:\/\/datastores\/workspaceblobstore\/paths\/LocalUpload\//);
    expect(stand.blobs()).toHaveLength(4);
    for (const { headers, path } of stand.blobs()) {
      if (authorization === undefined) expect(headers.authorization).toBeUndefined();
      else expect(headers.authorization).toMatch(authorization);
      expect(path).toContain(query ?? "/acc/box/LocalUpload/");
    }
  });

  test("that nothing lets in tells both refusals, and what helps", async () => {
    const code = { "x-ms-error-code": "AuthorizationPermissionMismatch" };
    await using stand = await start({ secrets: REFUSED }, ({ method }) =>
      method === "HEAD" ? { status: 403, headers: code } : undefined,
    );
    const uploading = stand.assets.uploadFile("data.jsonl", line);

    await expect(uploading).rejects.toMatchObject({
      code: "AZURE_REFUSED",
      message: expect.stringMatching(
        /No listSecrets\/action\..*Azure answered 403 to HEAD blob.*Storage Blob Data Contributor/,
      ),
    });
  });

  test("whose storage is busy is worth another try, also where the secret is refused", async () => {
    await using stand = await start({ secrets: REFUSED }, ({ method }) =>
      method === "HEAD" ? { status: 503, headers: { "retry-after": "60" } } : undefined,
    );
    const uploading = stand.assets.uploadFile("data.jsonl", line);

    await expect(uploading).rejects.toMatchObject({ code: "AZURE_BUSY" });
  });

  test("is not tried otherwise when Azure ML refuses for another reason", async () => {
    const other = { status: 403, body: { error: { code: "Forbidden", message: "Locked." } } };
    await using stand = await start({ secrets: other });

    await expect(stand.assets.uploadFlow(flow)).rejects.toMatchObject({
      code: "AZURE_REFUSED",
      message: expect.stringContaining("Forbidden: Locked."),
    });
    expect(stand.azure.seen.filter(({ path }) => /codes|box/.test(path))).toEqual([]);
  });
});

describe("a flow where the datastore's secret is refused", () => {
  const lent = (azure: LiteralAzure): Literal => ({
    body: {
      blobReferenceForConsumption: {
        blobUri: "https://acc.blob.core.windows.net:443/lent",
        credential: { credentialType: "SAS", sasUri: `${azure.url}/lent?sv=1&sig=s` },
      },
    },
  });
  const registered = {
    status: 201,
    body: { properties: { codeUri: "https://acc.blob.core.windows.net:443/lent/qa" } },
  };

  test("is registered as code, with the storage that Azure ML lends for it", async () => {
    await using stand = await start({ secrets: REFUSED }, ({ method, path }, azure) => {
      if (path.includes("/startPendingUpload")) return lent(azure);
      return method === "PUT" && path.includes("/codes/") ? registered : undefined;
    });
    const uploaded = await stand.assets.uploadFlow(flow);

    expect(uploaded).toEqual({
      dataUri: "https://acc.blob.core.windows.net/lent/qa/flow.dag.yaml",
    });
    const codes = stand.azure.seen.filter(({ path }) => path.includes("/codes/"));
    expect(codes.map(({ method, path, body }) => [method, path, body])).toEqual([
      ["GET", `${CODE}?api-version=2025-12-01`, undefined],
      [
        "POST",
        `${CODE}/startPendingUpload?api-version=2025-12-01`,
        { pendingUploadType: "TemporaryBlobReference" },
      ],
      [
        "PUT",
        `${CODE}?api-version=2025-12-01`,
        {
          properties: {
            codeUri: "https://acc.blob.core.windows.net:443/lent/qa",
            isAnonymous: false,
            properties: {
              hash_sha256: CONTENT,
              hash_version: "202208",
            },
          },
        },
      ],
    ]);
    expect(
      stand
        .blobs()
        .map(({ method, path }) => `${method} ${path}`)
        .toSorted(),
    ).toEqual([
      "HEAD /lent/qa/ask.py?sv=1&sig=s",
      "PUT /lent/qa/ask.py?sv=1&sig=s",
      "PUT /lent/qa/ask.py?sv=1&sig=s&comp=metadata",
      "PUT /lent/qa/flow.dag.yaml?sv=1&sig=s",
    ]);
  });

  test("that is registered already is not uploaded again", async () => {
    await using stand = await start({ secrets: REFUSED }, ({ path }) =>
      path.includes("/codes/") ? { ...registered, status: 200 } : undefined,
    );

    expect(await stand.assets.uploadFlow(flow)).toEqual({
      dataUri: "https://acc.blob.core.windows.net/lent/qa/flow.dag.yaml",
    });
    expect(stand.blobs()).toEqual([]);
  });

  test("that another pipeline registered in the meantime is that one", async () => {
    let taken = false;
    await using stand = await start({ secrets: REFUSED }, ({ method, path }, azure) => {
      if (path.includes("/startPendingUpload")) return lent(azure);
      if (!path.includes("/codes/")) return undefined;
      if (method !== "PUT") return taken ? { ...registered, status: 200 } : { status: 404 };
      taken = true;
      return { status: 400, body: { error: { code: "UserError", message: "immutable" } } };
    });

    expect(await stand.assets.uploadFlow(flow)).toEqual({
      dataUri: "https://acc.blob.core.windows.net/lent/qa/flow.dag.yaml",
    });
  });

  test("that may not be registered either says so", async () => {
    const error = { code: "AuthorizationFailed", message: "No codes/versions/write." };
    await using stand = await start({ secrets: REFUSED }, ({ method, path }, azure) => {
      if (path.includes("/startPendingUpload")) return lent(azure);
      return method === "PUT" && path.includes("/codes/")
        ? { status: 400, body: { error } }
        : undefined;
    });

    await expect(stand.assets.uploadFlow(flow)).rejects.toMatchObject({
      code: "AZURE_REFUSED",
      message: expect.stringContaining("No codes/versions/write."),
    });
  });

  test.each([{}, { blobReferenceForConsumption: { blobUri: "https://x/c", credential: {} } }])(
    "that is lent no storage we know is unexpected: %j",
    async (body) => {
      await using stand = await start({ secrets: REFUSED }, ({ path }) =>
        path.includes("/startPendingUpload") ? { body } : undefined,
      );

      await expect(stand.assets.uploadFlow(flow)).rejects.toMatchObject({
        code: "AZURE_UNEXPECTED",
        message: expect.stringContaining("startPendingUpload"),
      });
    },
  );
});
