import { Hono } from "hono";
import { notFound } from "#emulators/azure-ml/errors.ts";
import { type Service, systemData, utc } from "#emulators/azure-ml/service.ts";
import { KINDS, type WorkspaceConnection } from "./connection.ts";

/** `flow/api`: secrets are blank unless they are asked for. */
export function flowConnectionRoutes(service: Service): Hono {
  const at = utc(service.clock.now());
  const answer = ({ name, kind, configs, secrets }: WorkspaceConnection, withSecrets: boolean) => {
    const shown = Object.entries(secrets).map(([key, value]) => [key, withSecrets ? value : null]);
    return {
      connectionName: name,
      connectionType: KINDS[kind].serviceType,
      configs: { ...configs, ...(kind === "custom" ? {} : Object.fromEntries(shown)) },
      ...(kind === "custom" ? { customConfigs: customConfigs(configs, shown) } : {}),
      owner: { userName: "emulator" },
      createdDate: at,
      lastModifiedDate: at,
    };
  };
  const routes = new Hono();
  routes.get("/Connections", (c) => c.json(service.connections.map((one) => answer(one, false))));
  routes.get("/Connections/:name", (c) =>
    c.json(answer(requireConnection(service, c.req.param("name")), false)),
  );
  routes.get("/Connections/:name/listSecrets", (c) =>
    c.json(answer(requireConnection(service, c.req.param("name")), true)),
  );
  return routes;
}

/** ARM: `listsecrets` alone answers with credentials. */
export function armConnectionRoutes(service: Service): Hono {
  const createdAt = service.clock.now();
  const answer = (connection: WorkspaceConnection, withSecrets: boolean) => ({
    id: `${service.place.id}/connections/${connection.name}`,
    name: connection.name,
    type: "Microsoft.MachineLearningServices/workspaces/connections",
    properties: {
      authType: connection.kind === "custom" ? "CustomKeys" : "ApiKey",
      category: KINDS[connection.kind].category,
      target: connection.configs[KINDS[connection.kind].target ?? ""] ?? "_",
      metadata: metadataOf(connection),
      credentials: withSecrets ? credentialsOf(connection) : null,
      isSharedToAll: true,
    },
    systemData: systemData(createdAt),
  });
  const routes = new Hono();
  routes.get("/connections", (c) =>
    c.json({ value: service.connections.map((one) => answer(one, false)) }),
  );
  routes.get("/connections/:name", (c) =>
    c.json(answer(requireConnection(service, c.req.param("name")), false)),
  );
  routes.post("/connections/:name/listSecrets", (c) =>
    c.json(answer(requireConnection(service, c.req.param("name")), true)),
  );
  return routes;
}

function requireConnection({ connections }: Service, name: string): WorkspaceConnection {
  const found = connections.find((one) => one.name.toLowerCase() === name.toLowerCase());
  if (found) return found;
  throw notFound("Connection", name);
}

function customConfigs(configs: WorkspaceConnection["configs"], secrets: (string | null)[][]) {
  const plain = Object.entries(configs).map(([key, value]) => [
    key,
    { configValueType: "String", value },
  ]);
  const secret = secrets.map(([key, value]) => [key, { configValueType: "Secret", value }]);
  return Object.fromEntries([...plain, ...secret]);
}

/** `api_version` is `ApiVersion` in ARM. */
function metadataOf({ kind, configs }: WorkspaceConnection): Record<string, string> {
  if (kind === "custom") return configs;
  const renamed = Object.entries(configs)
    .filter(([key]) => key !== KINDS[kind].target)
    .map(([key, value]) => [
      key.replaceAll(/(?:^|_)([a-z])/g, (_, first) => first.toUpperCase()),
      value,
    ]);
  return Object.fromEntries(renamed);
}

function credentialsOf({ kind, secrets }: WorkspaceConnection) {
  return kind === "custom" ? { keys: secrets } : { key: secrets["api_key"] ?? "" };
}
