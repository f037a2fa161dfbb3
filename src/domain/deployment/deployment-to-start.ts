import type { App, RunSpec } from "#domain/bundle/bundle.ts";
import { readFlowYaml } from "#domain/flow-yaml.ts";
import { type DeploymentFile, readDeploymentFile } from "./deployment-file.ts";
import { FLOW_FILE, modelFolder } from "./model-folder.ts";
import { connectionsOverride, type DeployedNames, fillPlaceholders } from "./placeholders.ts";

/** What of a deployment its YAML and its run decide. */
export type DeploymentToStart = Pick<
  DeploymentFile,
  "environment" | "environmentVariables" | "instanceCount" | "settings" | "tags"
>;

/** The deployment as its YAML wants it, with the names that are really used and the variables that the flow was evaluated with. */
export function deploymentToStart(
  app: App,
  variant: string | null,
  names: Required<DeployedNames>,
): DeploymentToStart {
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
      ...withoutNames(filled.environmentVariables, variablesOfFlow(app, variant)),
      ...variablesOf(app.baseRun),
      PRT_CONFIG_OVERRIDE: connectionsOverride(names),
    },
  };
}

/** What the container has set, a flow does not set again: these would take the place of what was evaluated. */
function variablesOfFlow(app: App, variant: string | null): ReadonlySet<string> {
  const source = modelFolder(app, variant).files.get(FLOW_FILE);
  if (source === undefined) return new Set();
  const { environment_variables: own } = readFlowYaml(new TextDecoder().decode(source), FLOW_FILE);
  return new Set(Object.keys(own ?? {}));
}

function withoutNames(
  variables: Readonly<Record<string, string>>,
  names: ReadonlySet<string>,
): Record<string, string> {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => !names.has(name)));
}

/** References to connections stay in the flow alone: a container takes them for plain text. */
function variablesOf({ environmentVariables, init }: RunSpec): Record<string, string> {
  const plain = Object.entries(environmentVariables).filter(
    ([, value]) => !/^\$\{.+\}$/.test(value),
  );
  const variables = Object.fromEntries(plain);
  return init === null ? variables : { ...variables, PF_FLOW_INIT_CONFIG: JSON.stringify(init) };
}
