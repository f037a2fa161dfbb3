import type { App, RunSpec } from "#domain/bundle/bundle.ts";
import { type DeploymentFile, readDeploymentFile } from "./deployment-file.ts";
import { connectionsOverride, type DeployedNames, fillPlaceholders } from "./placeholders.ts";

/** What of a deployment its YAML and its run decide. */
export type DeploymentToStart = Pick<
  DeploymentFile,
  "environment" | "environmentVariables" | "instanceCount" | "settings" | "tags"
>;

/** The deployment as its YAML wants it, with the names that are really used and the variables that the flow was evaluated with. */
export function deploymentToStart(app: App, names: Required<DeployedNames>): DeploymentToStart {
  const file = readDeploymentFile(app);
  const filled = fillPlaceholders(file, names);
  const { environment, instanceCount, settings, tags } = filled;
  return {
    environment,
    instanceCount,
    settings,
    tags,
    environmentVariables: {
      PROMPTFLOW_RUN_MODE: "serving",
      ...filled.environmentVariables,
      ...variablesOf(app.baseRun),
      PRT_CONFIG_OVERRIDE: connectionsOverride(names),
    },
  };
}

/** References to connections stay in the flow alone: a container takes them for plain text. */
function variablesOf({ environmentVariables, init }: RunSpec): Record<string, string> {
  const plain = Object.entries(environmentVariables).filter(
    ([, value]) => !/^\$\{.+\}$/.test(value),
  );
  const variables = Object.fromEntries(plain);
  return init === null ? variables : { ...variables, PF_FLOW_INIT_CONFIG: JSON.stringify(init) };
}
