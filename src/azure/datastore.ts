import type { AzureMachineLearningWorkspaces } from "@azure/arm-machinelearning";
import { z } from "zod";
import { PipelineError } from "#domain/errors.ts";
import { readAnswer } from "./answers.ts";
import type { WorkspaceName } from "./machine-learning.ts";
import { RefusedAnswer } from "./refusals.ts";
import { callSdk } from "./sdk-calls.ts";

const LOOPBACK = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/;

const BlobDatastore = z.object({
  name: z.string().min(1),
  properties: z.object({
    datastoreType: z.literal("AzureBlob"),
    accountName: z.string().min(1),
    containerName: z.string().min(1),
    endpoint: z.string().min(1),
    protocol: z.enum(["http", "https"]).default("https"),
    credentials: z.object({ credentialsType: z.string() }),
  }),
});

const Secrets = z.discriminatedUnion("secretsType", [
  z.object({ secretsType: z.literal("AccountKey"), key: z.string().min(1) }),
  z.object({ secretsType: z.literal("Sas"), sasToken: z.string().min(1) }),
]);

/** How to be let in: by the app's own identity where the datastore keeps no secret, or none for us. */
export type DatastoreAccess =
  | { readonly kind: "key"; readonly account: string; readonly key: string }
  | { readonly kind: "sas"; readonly token: string }
  /** `refused`: Azure ML's words when it kept the secret from us. */
  | { readonly kind: "identity"; readonly refused?: PipelineError };

export interface Datastore {
  readonly name: string;
  /** Of the blob service, without a trailing slash. */
  readonly url: string;
  readonly container: string;
  readonly access: DatastoreAccess;
}

export type OpenDatastore = () => Promise<Datastore>;

/** The workspace's default datastore. Secrets are asked for each time: keys are rotated. */
export function createDefaultDatastore(
  ml: AzureMachineLearningWorkspaces,
  { resourceGroup, workspace }: WorkspaceName,
): OpenDatastore {
  return async () => {
    const call = `GET the default datastore of ${workspace}`;
    const found = await callSdk(call, async (options) => {
      const datastores = ml.datastores.list(resourceGroup, workspace, {
        ...options,
        isDefault: true,
        count: 30,
        orderByAsc: false,
      });
      for await (const datastore of datastores) return datastore;
      return undefined;
    });
    if (found === undefined) {
      const message = `Workspace ${workspace} has no default datastore; a hub has none, a project has.`;
      throw new PipelineError("AZURE_REFUSED", message);
    }
    const { name, properties } = readAnswer(BlobDatastore, { body: found }, call);
    const { accountName: account, containerName: container } = properties;
    const url = serviceUrl(properties);
    if (properties.credentials.credentialsType === "None") {
      return { name, url, container, access: { kind: "identity" } };
    }
    const secretsCall = `POST listSecrets of datastore ${name}`;
    try {
      const answer = await callSdk(secretsCall, (options) =>
        ml.datastores.listSecrets(resourceGroup, workspace, name, options),
      );
      const access = accessBy(account, readAnswer(Secrets, { body: answer }, secretsCall));
      return { name, url, container, access };
    } catch (error) {
      if (!isForbidden(error)) throw error;
      return { name, url, container, access: { kind: "identity", refused: error } };
    }
  };
}

function isForbidden(error: unknown): error is PipelineError {
  if (!(error instanceof PipelineError) || !(error.cause instanceof RefusedAnswer)) return false;
  return error.cause.status === 403 && error.cause.code === "AuthorizationFailed";
}

function accessBy(account: string, secrets: z.infer<typeof Secrets>): DatastoreAccess {
  switch (secrets.secretsType) {
    case "AccountKey":
      return { kind: "key", account, key: secrets.key };
    case "Sas":
      return { kind: "sas", token: secrets.sasToken.replace(/^\?/, "") };
  }
}

/** Whether a URL never leaves the machine. */
export function isLoopback(url: string): boolean {
  return LOOPBACK.test(new URL(url).host);
}

/** Azurite has the account as the first path segment, Azure as the first label of the host. */
function serviceUrl(datastore: z.infer<typeof BlobDatastore>["properties"]): string {
  const { protocol, endpoint, accountName } = datastore;
  return LOOPBACK.test(endpoint)
    ? `${protocol}://${endpoint}/${accountName}`
    : `${protocol}://${accountName}.blob.${endpoint}`;
}
