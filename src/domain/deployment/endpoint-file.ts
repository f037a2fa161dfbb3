import { z } from "zod";
import type { App } from "#domain/bundle/bundle.ts";
import { readDeploymentYaml, Text, Texts, word } from "./yaml-fields.ts";

const AUTH_MODES = { key: "Key", aml_token: "AMLToken", aad_token: "AADToken" } as const;
const ACCESS = { enabled: "Enabled", disabled: "Disabled" } as const;

const UserIdentity = z.union([
  z.string().min(1),
  z.looseObject({ resource_id: z.string().min(1) }),
]);

const EndpointYaml = z.looseObject({
  name: z.string().nullish(),
  auth_mode: word(["key", "aml_token", "aad_token"]).default("key"),
  identity: z
    .looseObject({
      type: word(["system_assigned", "user_assigned"]),
      user_assigned_identities: z.array(UserIdentity).nullish(),
    })
    .refine(({ type, user_assigned_identities: ids }) => type !== "user_assigned" || ids?.length, {
      path: ["user_assigned_identities"],
      message: "needed with type: user_assigned, one resource_id at least",
    })
    .nullish(),
  description: Text.nullish(),
  tags: Texts,
  properties: Texts,
  public_network_access: word(["enabled", "disabled"]).optional(),
  compute: z
    .undefined({ error: "only managed online endpoints can be deployed to; remove it" })
    .optional(),
});

/** In Azure's own terms, as ARM wants them. */
export interface EndpointFile {
  readonly file: string;
  readonly name: string | null;
  readonly authMode: "Key" | "AMLToken" | "AADToken";
  readonly identity: {
    readonly type: "SystemAssigned" | "UserAssigned";
    readonly userAssignedIdentities?: Readonly<Record<string, Readonly<Record<string, never>>>>;
  };
  readonly description: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly properties: Readonly<Record<string, string>>;
  readonly publicNetworkAccess: "Enabled" | "Disabled" | null;
  readonly lineOfName: number;
}

/** MANIFEST_INVALID when it is missing, no YAML, or says what Azure does not know. Traffic is not read from it: a rollout decides that. */
export function readEndpointFile({ manifest, files }: App): EndpointFile {
  const file = manifest.deploy.endpoint;
  const { content, yaml } = readDeploymentYaml(files, file, {
    schema: EndpointYaml,
    missing: "add it (auth_mode: key is enough), or name it with deploy.endpoint",
  });
  const { name, auth_mode, description, tags, properties, public_network_access } = content;
  return {
    file,
    name: name ?? null,
    authMode: AUTH_MODES[auth_mode],
    identity: identityOf(content.identity),
    description: description ?? null,
    tags,
    properties,
    publicNetworkAccess: public_network_access ? ACCESS[public_network_access] : null,
    lineOfName: yaml.lineOf(["name"]),
  };
}

function identityOf(identity: z.infer<typeof EndpointYaml>["identity"]): EndpointFile["identity"] {
  if (identity?.type !== "user_assigned") return { type: "SystemAssigned" };
  const ids = (identity.user_assigned_identities ?? []).map((one) =>
    typeof one === "string" ? one : one.resource_id,
  );
  const userAssignedIdentities = Object.fromEntries(ids.map((id) => [id, {}]));
  return { type: "UserAssigned", userAssignedIdentities };
}
