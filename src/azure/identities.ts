import { z } from "zod";
import { readAnswer } from "./answers.ts";
import type { AzureHttp } from "./http.ts";
import type { WorkspaceName } from "./machine-learning.ts";
import type { Discover } from "./workspace.ts";

const API_VERSION = "2023-01-31";

const Identity = z.object({
  id: z.string().min(1),
  properties: z.object({ principalId: z.string().min(1) }),
});

export interface IdentitiesOptions {
  readonly http: AzureHttp;
  readonly workspace: WorkspaceName;
  readonly armEndpoint: string;
  readonly discover: Discover;
}

/** User-assigned managed identities, in the workspace's resource group and region. */
export function createIdentities({ http, workspace, armEndpoint, discover }: IdentitiesOptions) {
  return {
    async ensure(name: string): Promise<{ resourceId: string; principalId: string }> {
      const { subscriptionId, resourceGroup } = workspace;
      const group = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}`;
      const path = `${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
      const { location } = await discover();
      const answer = await http({
        method: "PUT",
        url: `${armEndpoint}${path}?api-version=${API_VERSION}`,
        body: { location, tags: { application: "flowgate" } },
        // Every pipeline asks for the same one, some at the same time.
        busy: [409],
      });
      const { id, properties } = readAnswer(Identity, answer, `PUT identity ${name}`);
      return { resourceId: id, principalId: properties.principalId };
    },
  };
}
