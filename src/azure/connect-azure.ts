import type { TokenCredential } from "@azure/core-auth";
import { createAssetUpload } from "./asset-upload.ts";
import { createCodeAssets } from "./code-assets.ts";
import { createComputes } from "./computes.ts";
import { createDefaultDatastore } from "./datastore.ts";
import { createArm } from "./deployment/arm.ts";
import { createDeployments } from "./deployment/deployments.ts";
import { createEndpoints } from "./deployment/endpoints.ts";
import { createModels } from "./deployment/models.ts";
import { createScoring } from "./deployment/scoring.ts";
import { createAzureHttp } from "./http.ts";
import { createIdentities } from "./identities.ts";
import { createMachineLearning, type WorkspaceName } from "./machine-learning.ts";
import { createMetrics } from "./metrics.ts";
import { createRoleAssignments } from "./role-assignments.ts";
import { createRunClaims } from "./run-claims.ts";
import { createRunHistory } from "./run-history.ts";
import { createRuns } from "./runs.ts";
import { createRuntimes } from "./runtimes.ts";
import { createSessions } from "./sessions.ts";
import { createDiscovery } from "./workspace.ts";

export interface AzureOptions {
  readonly credential: TokenCredential;
  readonly workspace: WorkspaceName;
  /** Without a trailing slash. */
  readonly armEndpoint: string;
}

/** Every client of one Azure ML workspace. */
export function connectAzure({ credential, workspace, armEndpoint }: AzureOptions) {
  const http = createAzureHttp(credential);
  const ml = createMachineLearning(credential, workspace, armEndpoint);
  const discover = createDiscovery(ml, workspace);
  const history = createRunHistory(http, discover);
  const metrics = createMetrics(http, discover);
  const datastore = createDefaultDatastore(ml, workspace);
  const arm = createArm({ http, workspace, armEndpoint });
  return {
    assets: createAssetUpload(datastore, createCodeAssets(arm), credential),
    identities: createIdentities({ http, workspace, armEndpoint, discover }),
    roles: createRoleAssignments({ http, workspace, armEndpoint }),
    computes: createComputes({ http, ml, workspace, armEndpoint, discover }),
    runtimes: createRuntimes(http, discover),
    sessions: createSessions({ http, discover }),
    history,
    runs: createRuns({ http, discover, history }),
    metrics,
    claims: createRunClaims(history, metrics),
    models: createModels(arm),
    endpoints: createEndpoints(arm, discover),
    deployments: createDeployments(arm, discover),
    scoring: createScoring({ arm, credential }),
  };
}
