import { AzureMachineLearningWorkspaces } from "@azure/arm-machinelearning";
import type { TokenCredential } from "@azure/core-auth";
import { ARM_SCOPE, requireToken } from "./credential.ts";
import { isPage, pageAnswered } from "./refusals.ts";

/** Where the workspace is. */
export interface WorkspaceName {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly workspace: string;
}

/**
 * The ARM client of Azure Machine Learning. Its bearer policy refuses plain HTTP, so on loopback
 * the token is put on by a policy of ours.
 */
export function createMachineLearning(
  credential: TokenCredential,
  { subscriptionId }: WorkspaceName,
  armEndpoint: string,
): AzureMachineLearningWorkspaces {
  const client = new AzureMachineLearningWorkspaces(credential, subscriptionId, {
    endpoint: armEndpoint,
    credentialScopes: ARM_SCOPE,
    allowInsecureConnection: armEndpoint.startsWith("http://"),
    // Its own retries obey a Retry-After of any length; `callSdk` has ours.
    retryOptions: { maxRetries: 0 },
  });
  client.pipeline.addPolicy({
    name: "noPages",
    async sendRequest(request, next) {
      const response = await next(request);
      const { status, headers } = response;
      if (status >= 300 || !isPage(headers.get("content-type"))) return response;
      const call = `${request.method} ${new URL(request.url).pathname}`;
      throw pageAnswered(call, status, request.requestId);
    },
  });
  if (armEndpoint.startsWith("http://")) {
    client.pipeline.removePolicy({ name: "bearerTokenAuthenticationPolicy" });
    client.pipeline.addPolicy(
      {
        name: "loopbackToken",
        async sendRequest(request, next) {
          const token = await requireToken(credential, ARM_SCOPE);
          request.headers.set("authorization", `Bearer ${token}`);
          const response = await next(request);
          if (response.status !== 401) return response;
          const renewed = await requireToken(credential, ARM_SCOPE, { anew: true });
          if (renewed === token) return response;
          request.headers.set("authorization", `Bearer ${renewed}`);
          return next(request);
        },
      },
      // Nearer to the wire than what makes an error of a 401.
      { phase: "Sign" },
    );
  }
  return client;
}

/** `/subscriptions/…/workspaces/{ws}`, the path under which ARM and the data plane know the workspace. */
export function workspacePath({ subscriptionId, resourceGroup, workspace }: WorkspaceName): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.MachineLearningServices/workspaces/${workspace}`;
}
