import { type Context, Hono } from "hono";
import * as z from "zod";
import { endpointIdentitiesOf } from "#emulators/azure-ml/endpoints/endpoint-identity.ts";
import { notFound, Refusal } from "#emulators/azure-ml/errors.ts";
import { CALLER, WORKSPACE_PATH } from "#emulators/azure-ml/place.ts";
import { type Region, readBody, type Service } from "#emulators/azure-ml/service.ts";
import type { Collection } from "#emulators/azure-ml/store/documents.ts";
import { identitiesOf } from "./identities.ts";

/** Every role here may read connections, which is all that the data plane asks for. */
const ROLES_THAT_READ_CONNECTIONS = new Set([
  "f6c7c914-8db3-469d-8ca1-694a8f32e121", // AzureML Data Scientist
  "ea01e6af-a1c1-4350-9563-ad00f8c72ec5", // Azure Machine Learning Workspace Connection Secrets Reader
  "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", // Owner
  "b24988ac-6180-42a0-ab88-20f7382dd24c", // Contributor
]);

const AssignmentRequest = z.object({
  properties: z.object({
    roleDefinitionId: z.string().regex(/[0-9a-fA-F-]{36}$/),
    principalId: z.string().min(1),
    principalType: z.string().nullish(),
  }),
});

export interface RoleAssignment {
  /** ARM id, the key. */
  readonly id: string;
  readonly name: string;
  readonly scope: string;
  readonly roleDefinitionId: string;
  readonly principalId: string;
  readonly principalType: string;
  readonly createdAt: number;
}

/** Where a role can be assigned: subscription, resource group, workspace, any other resource. */
const SCOPES = [
  "/subscriptions/:subscription",
  "/subscriptions/:subscription/resourceGroups/:resourceGroup",
  WORKSPACE_PATH,
  "/subscriptions/:subscription/resourceGroups/:resourceGroup/providers/:namespace/:type/:resource",
];
const SUFFIX = "/providers/Microsoft.Authorization/roleAssignments";

export function roleAssignmentRoutes(region: Region): Hono {
  const routes = new Hono();
  for (const scope of SCOPES) {
    routes.get(`${scope}${SUFFIX}`, (c) => {
      const wanted = /principalId eq '([^']*)'/i.exec(c.req.query("$filter") ?? "")?.[1];
      const found = assignmentsOf(region)
        .list()
        .filter((one) => covers(one.scope, scopeOf(c)))
        .filter((one) => !wanted || sameText(one.principalId, wanted));
      return c.json({ value: found.map(answer) });
    });
    routes.get(`${scope}${SUFFIX}/:name`, (c) => c.json(answer(require(region, c))));
    routes.put(`${scope}${SUFFIX}/:name`, async (c) => {
      const { created, assignment } = assign(region, c, await readBody(c));
      return c.json(answer(assignment), created ? 201 : 200);
    });
    routes.delete(`${scope}${SUFFIX}/:name`, (c) => {
      const known = assignmentsOf(region).read(idOf(c));
      if (!known) return c.body(null, 204);
      assignmentsOf(region).remove(known.id);
      return c.json(answer(known));
    });
  }
  return routes;
}

export function assignmentsOf(region: Region): Collection<RoleAssignment> {
  return region.shared.collection<RoleAssignment>("roleAssignment");
}

/** Whether one of the principals may read the workspace's connections by now. */
export function mayReadConnections(service: Service, principalIds: readonly string[]): boolean {
  const effectiveBefore = service.clock.now() - service.latency.rolePropagation;
  return assignmentsOf(service)
    .list()
    .some(
      (one) =>
        principalIds.some((principal) => sameText(principal, one.principalId)) &&
        ROLES_THAT_READ_CONNECTIONS.has(one.roleDefinitionId.slice(-36).toLowerCase()) &&
        covers(one.scope, service.place.id) &&
        one.createdAt <= effectiveBefore,
    );
}

function assign(region: Region, c: Context, body: Record<string, unknown>) {
  const parsed = AssignmentRequest.safeParse(body);
  if (!parsed.success) {
    throw new Refusal(400, "InvalidRequestContent", z.prettifyError(parsed.error));
  }
  const { roleDefinitionId, principalId, principalType } = parsed.data.properties;
  requirePrincipal(region, principalId);
  const scope = scopeOf(c);
  const id = idOf(c);
  const same = (one: RoleAssignment) =>
    sameText(one.scope, scope) &&
    sameText(one.principalId, principalId) &&
    sameText(one.roleDefinitionId.slice(-36), roleDefinitionId.slice(-36));
  const known = assignmentsOf(region).read(id);
  if (known && same(known)) return { created: false, assignment: known };
  if (known) {
    const message =
      "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.";
    throw new Refusal(400, "RoleAssignmentUpdateNotPermitted", message);
  }
  if (assignmentsOf(region).list().some(same)) {
    throw new Refusal(409, "RoleAssignmentExists", "The role assignment already exists.");
  }
  const assignment: RoleAssignment = {
    id,
    name: c.req.param("name") ?? "",
    scope,
    roleDefinitionId,
    principalId,
    principalType: principalType ?? "ServicePrincipal",
    createdAt: region.clock.now(),
  };
  assignmentsOf(region).write(id, assignment);
  return { created: true, assignment };
}

/** The directory finds a new principal only after a while. */
function requirePrincipal(region: Region, principalId: string): void {
  if (principalId === CALLER) return;
  const known = [...identitiesOf(region).list(), ...endpointIdentitiesOf(region)].find((one) =>
    sameText(one.principalId, principalId),
  );
  if (known && known.createdAt + region.latency.directory <= region.clock.now()) return;
  const message = `Principal ${principalId} does not exist in the directory.`;
  throw new Refusal(400, "PrincipalNotFound", message);
}

function require(region: Region, c: Context): RoleAssignment {
  const known = assignmentsOf(region).read(idOf(c));
  if (known) return known;
  throw notFound("Role assignment", c.req.param("name") ?? "");
}

function scopeOf(c: Context): string {
  const path = decodeURIComponent(new URL(c.req.url).pathname);
  return path.slice(0, path.toLowerCase().lastIndexOf(SUFFIX.toLowerCase()));
}

function idOf(c: Context): string {
  return `${scopeOf(c)}${SUFFIX}/${c.req.param("name")}`;
}

function covers(scope: string, resource: string): boolean {
  const [outer, inner] = [scope.toLowerCase(), resource.toLowerCase()];
  return inner === outer || inner.startsWith(`${outer}/`);
}

function sameText(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function answer({
  id,
  name,
  scope,
  roleDefinitionId,
  principalId,
  principalType,
  createdAt,
}: RoleAssignment) {
  const createdOn = new Date(createdAt).toISOString();
  return {
    id,
    name,
    type: "Microsoft.Authorization/roleAssignments",
    properties: { roleDefinitionId, principalId, principalType, scope, createdOn },
  };
}
