/** Where everything is deployed to. */
export interface WorkspacePlace {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly workspace: string;
}

/** What is really used; a name that is not known yet leaves its placeholder alone. */
export interface DeployedNames extends WorkspacePlace {
  readonly endpoint?: string;
  readonly deployment?: string;
  readonly modelVersion?: string;
}

/** Everything that is filled in. */
export const PLACEHOLDERS: readonly string[] = [
  "<sub-id>",
  "<resource-group>",
  "<workspace-name>",
  "<endpoint-name>",
  "<deployment-name>",
  "<VERSION>",
];

/** Replaces `<sub-id>`, `<resource-group>`, `<workspace-name>`, `<endpoint-name>`, `<deployment-name>` and `<VERSION>` in every text of a value. */
export function fillPlaceholders<Value>(value: Value, names: DeployedNames): Value {
  return fill(value, replacementsOf(names)) as Value;
}

function replacementsOf(names: DeployedNames): readonly (readonly [string, string])[] {
  const all: readonly (readonly [string, string | undefined])[] = [
    ["<sub-id>", names.subscriptionId],
    ["<resource-group>", names.resourceGroup],
    ["<workspace-name>", names.workspace],
    ["<endpoint-name>", names.endpoint],
    ["<deployment-name>", names.deployment],
    ["<VERSION>", names.modelVersion],
  ];
  return all.flatMap(([mark, name]) => (name === undefined ? [] : [[mark, name] as const]));
}

function fill(value: unknown, replacements: readonly (readonly [string, string])[]): unknown {
  if (typeof value === "string") {
    return replacements.reduce((text, [mark, name]) => text.replaceAll(mark, () => name), value);
  }
  if (Array.isArray(value)) return value.map((item) => fill(item, replacements));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, fill(item, replacements)]);
  return Object.fromEntries(entries);
}

/** Where the serving image finds the workspace's connections. */
export function connectionsOverride(names: Required<Omit<DeployedNames, "modelVersion">>): string {
  return [
    `deployment.subscription_id=${names.subscriptionId}`,
    `deployment.resource_group=${names.resourceGroup}`,
    `deployment.workspace_name=${names.workspace}`,
    `deployment.endpoint_name=${names.endpoint}`,
    `deployment.deployment_name=${names.deployment}`,
  ].join(",");
}
