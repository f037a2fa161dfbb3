import { Hono } from "hono";
import * as z from "zod";
import { notFound, Refusal } from "#emulators/azure-ml/errors.ts";
import { guidFrom } from "#emulators/azure-ml/place.ts";
import { present } from "#emulators/azure-ml/present.ts";
import { originOf, readBody, type Service, systemData } from "#emulators/azure-ml/service.ts";
import type { Collection } from "#emulators/azure-ml/store/documents.ts";
import { listPage } from "./list-page.ts";

export type AssetKind = "models" | "environments" | "codes" | "data";

export interface AssetVersion {
  readonly kind: AssetKind;
  readonly name: string;
  readonly version: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly createdAt: number;
}

const AssetRequest = z.object({
  properties: z.looseObject({
    tags: z.record(z.string(), z.string()).nullish(),
    properties: z.record(z.string(), z.string().nullable()).nullish(),
  }),
});

/** What a version is made of: required, and never changed afterwards. */
const CONTENT: Readonly<Record<AssetKind, string>> = {
  models: "modelUri",
  environments: "image",
  codes: "codeUri",
  data: "dataUri",
};
/** What a version has that its request left out, or gave as null. */
const DEFAULTS: Readonly<Record<AssetKind, Readonly<Record<string, unknown>>>> = {
  models: { modelType: "custom_model", flavors: {}, jobName: null },
  environments: { environmentType: "UserCreated", osType: "Linux", condaFile: "" },
  codes: {},
  data: { dataType: "uri_folder" },
};
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9\-_.]{0,254}$/;

export function assetRoutes(service: Service, kind: AssetKind): Hono {
  const routes = new Hono();
  routes.get(`/${kind}`, (c) => {
    const names = new Set(listAssets(service, kind).map(({ name }) => name));
    return c.json(
      listPage(
        c,
        [...names].map((name) => container(service, kind, name)),
      ),
    );
  });
  routes.get(`/${kind}/:name`, (c) => c.json(container(service, kind, c.req.param("name"))));
  routes.get(`/${kind}/:name/versions`, (c) => {
    const versions = assetsOf(service, kind).list(`${c.req.param("name")}/`);
    return c.json(
      listPage(
        c,
        versions.map((asset) => answer(service, asset)),
      ),
    );
  });
  routes.put(`/${kind}/:name`, async (c) => {
    const name = c.req.param("name");
    const parsed = AssetRequest.safeParse(await readBody(c));
    if (!parsed.success) throw new Refusal(400, "UserError", z.prettifyError(parsed.error));
    containersOf(service, kind).write(name, present(parsed.data.properties));
    return c.json(container(service, kind, name));
  });
  routes.get(`/${kind}/:name/versions/:version`, (c) => {
    const { name, version } = c.req.param();
    return c.json(answer(service, requireAsset(service, kind, name, version)));
  });
  routes.put(`/${kind}/:name/versions/:version`, async (c) => {
    const { name, version } = c.req.param();
    const { asset, created } = keep(service, { kind, name, version }, await readBody(c));
    const body = answer(service, asset);
    return created
      ? c.json(body, 201, { location: `${originOf(c)}${body.id}` })
      : c.json(body, 200);
  });
  routes.delete(`/${kind}/:name/versions/:version`, (c) => {
    const { name, version } = c.req.param();
    const known = assetsOf(service, kind).read(`${name}/${version}`);
    assetsOf(service, kind).remove(`${name}/${version}`);
    return c.body(null, known ? 200 : 204);
  });
  return routes;
}

export function listAssets(service: Service, kind: AssetKind): AssetVersion[] {
  return assetsOf(service, kind).list();
}

/** By ARM id or `azureml:name:version`; undefined when nothing is there. */
export function readAsset(
  service: Service,
  kind: AssetKind,
  reference: string,
): AssetVersion | undefined {
  const [, armName, armVersion] = /\/([^/]+)\/versions\/([^/]+)$/.exec(reference) ?? [];
  const [, name, version] = /^azureml:([^:/]+):([^:/]+)$/.exec(reference) ?? [];
  return assetsOf(service, kind).read(`${armName ?? name}/${armVersion ?? version}`);
}

function keep(
  service: Service,
  { kind, name, version }: Pick<AssetVersion, "kind" | "name" | "version">,
  body: Record<string, unknown>,
) {
  if (!NAME.test(name) || !NAME.test(version)) {
    const message = `'${name}', version '${version}' is not a valid name: letters, digits, - _ and . only.`;
    throw new Refusal(400, "UserError", message);
  }
  const parsed = AssetRequest.safeParse(body);
  const content = CONTENT[kind];
  if (!parsed.success) throw new Refusal(400, "UserError", z.prettifyError(parsed.error));
  const { properties } = parsed.data;
  if (typeof properties[content] !== "string") {
    throw new Refusal(400, "UserError", `${kind} '${name}' needs properties.${content}.`);
  }
  const known = assetsOf(service, kind).read(`${name}/${version}`);
  if (known && known.properties[content] !== properties[content]) {
    const message = `${kind} '${name}', version '${version}' exists with another ${content}; the asset path is immutable.`;
    throw new Refusal(400, "UserError", message);
  }
  const createdAt = known?.createdAt ?? service.clock.now();
  const asset: AssetVersion = { kind, name, version, properties, createdAt };
  assetsOf(service, kind).write(`${name}/${version}`, asset);
  return { asset, created: known === undefined };
}

function assetsOf(service: Service, kind: AssetKind): Collection<AssetVersion> {
  return service.documents.collection<AssetVersion>(kind);
}

/** What was said of all versions of a name. */
function containersOf(service: Service, kind: AssetKind) {
  return service.documents.collection<Readonly<Record<string, unknown>>>(`${kind} container`);
}

function requireAsset(service: Service, kind: AssetKind, name: string, version: string) {
  const asset = assetsOf(service, kind).read(`${name}/${version}`);
  if (asset) return asset;
  throw notFound(kind, `${name}/versions/${version}`);
}

function container(service: Service, kind: AssetKind, name: string) {
  const versions = assetsOf(service, kind).list(`${name}/`);
  const latest = versions.at(-1);
  const first = versions[0];
  if (!latest || !first) throw notFound(kind, name);
  const numbers = versions.map(({ version }) => Number(version)).filter(Number.isInteger);
  return {
    id: `${service.place.id}/${kind}/${first.name}`,
    name: first.name,
    type: `Microsoft.MachineLearningServices/workspaces/${kind}`,
    properties: {
      description: null,
      tags: {},
      properties: {},
      isArchived: false,
      ...containersOf(service, kind).read(name),
      latestVersion: latest.version,
      nextVersion: String(Math.max(0, ...numbers) + 1),
    },
    systemData: systemData(first.createdAt),
  };
}

function answer(service: Service, asset: AssetVersion) {
  const { kind, name, version, properties } = asset;
  return {
    id: `${service.place.id}/${kind}/${name}/versions/${version}`,
    name: version,
    type: `Microsoft.MachineLearningServices/workspaces/${kind}/versions`,
    properties: {
      description: null,
      tags: {},
      properties: {},
      isAnonymous: false,
      isArchived: false,
      ...DEFAULTS[kind],
      ...present(properties),
    },
    etag: guidFrom(`${kind}/${name}/${version}`),
    systemData: systemData(asset.createdAt),
  };
}
