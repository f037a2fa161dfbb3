import { createHash } from "node:crypto";
import { type AzureHttp, type HttpRequest, refuse } from "./http.ts";
import { type WorkspaceName, workspacePath } from "./machine-learning.ts";
import { passing, serviceError } from "./refusals.ts";

const API_VERSION = "2022-04-01";
/** "AzureML Data Scientist", the same in every tenant. */
const DATA_SCIENTIST = "f6c7c914-8db3-469d-8ca1-694a8f32e121";
/** Of our assignments' names: a constant, so that they stay the same for ever. */
const NAMESPACE = "5e0a5b0c-6d0f-4d3a-9a43-0f6d3f2a7c11";

export interface RoleAssignmentsOptions {
  readonly http: AzureHttp;
  readonly workspace: WorkspaceName;
  readonly armEndpoint: string;
}

/** Role assignments on the workspace. */
export function createRoleAssignments({ http, workspace, armEndpoint }: RoleAssignmentsOptions) {
  const scope = workspacePath(workspace);
  const definitions = `/subscriptions/${workspace.subscriptionId}/providers/Microsoft.Authorization/roleDefinitions`;

  return {
    /** Answers the assignment's name. AZURE_BUSY while the directory does not know the principal yet, or another change goes on. */
    async ensureDataScientist(principalId: string): Promise<string> {
      const name = assignmentName(scope, principalId, DATA_SCIENTIST);
      const assignments = `${scope}/providers/Microsoft.Authorization/roleAssignments`;
      const request: HttpRequest = {
        method: "PUT",
        url: `${armEndpoint}${assignments}/${name}?api-version=${API_VERSION}`,
        body: {
          properties: {
            roleDefinitionId: `${definitions}/${DATA_SCIENTIST}`,
            principalId,
            principalType: "ServicePrincipal",
          },
        },
      };
      const answer = await http({ ...request, accept: [400, 409] });
      if (answer.status < 400) return name;
      const code = serviceError(answer.body)?.code;
      if (code === "RoleAssignmentExists") return name;
      const error = refuse(request, answer);
      const isOther = answer.status === 409 && code !== "RoleAssignmentUpdateNotPermitted";
      if (code !== "PrincipalNotFound" && !isOther) throw error;
      throw passing(error);
    },
  };
}

/** Equal content gets an equal name, so a repeated PUT meets itself. */
export function assignmentName(scope: string, principalId: string, role: string): string {
  return uuid5(NAMESPACE, `${scope}|${principalId}|${role}`.toLowerCase());
}

/** RFC 9562, version 5. */
function uuid5(namespace: string, name: string): string {
  const bytes = createHash("sha1")
    .update(Buffer.from(namespace.replaceAll("-", ""), "hex"))
    .update(name)
    .digest()
    .subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString("hex");
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join("-");
}
