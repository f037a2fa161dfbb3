import { z } from "zod";
import { readAnswer } from "#azure/answers.ts";
import type { HttpAnswer } from "#azure/http.ts";
import type { EndpointFile } from "#domain/deployment/endpoint-file.ts";
import type { Traffic } from "#domain/traffic.ts";

/** What the service writes and refuses, or forgets, when it is sent back. */
const READ_ONLY = ["provisioningState", "scoringUri", "swaggerUri"];
const READ_ONLY_PROPERTIES = ["azureml.onlineendpointid", "AzureAsyncOperationUri"];

const Fields = z.record(z.string(), z.unknown());
const Body = z.looseObject({
  etag: z.string().nullish(),
  identity: z.object({ type: z.string(), userAssignedIdentities: Fields.nullish() }).nullish(),
  properties: z.looseObject({
    properties: Fields.nullish(),
    mirrorTraffic: z.record(z.string(), z.number()).nullish(),
  }),
});

/** The body of the first PUT: an endpoint that serves nothing yet. */
export function newEndpoint(app: string, file: EndpointFile, location: string) {
  const { authMode, description, properties, publicNetworkAccess, identity, tags } = file;
  return {
    location,
    kind: "Managed",
    tags: { ...tags, "flowgate.app": app },
    identity,
    properties: {
      authMode,
      ...(description === null ? {} : { description }),
      ...(publicNetworkAccess === null ? {} : { publicNetworkAccess }),
      properties,
      traffic: {},
    },
  };
}

/**
 * The body of a PUT that changes nothing but what `change` names: fields that we do not know stay.
 * A deployment is either in the traffic or mirrored, so one that gets traffic leaves the mirror.
 */
export function changedEndpoint(answer: HttpAnswer, change: { readonly traffic?: Traffic }) {
  const {
    id: _id,
    name: _name,
    type: _type,
    systemData: _system,
    etag,
    ...body
  } = readAnswer(Body, answer, "GET endpoint");
  const { identity, properties } = body;
  const version = answer.headers.get("etag") ?? etag;
  const mirror = Object.entries(properties.mirrorTraffic ?? {}).filter(
    ([name]) => !change.traffic?.[name],
  );
  return {
    body: {
      ...body,
      ...(identity ? { identity: writable(identity) } : {}),
      properties: {
        ...without(properties, READ_ONLY),
        properties: without(properties.properties ?? {}, READ_ONLY_PROPERTIES),
        ...(properties.mirrorTraffic ? { mirrorTraffic: Object.fromEntries(mirror) } : {}),
        ...change,
      },
    },
    ...(version ? { headers: { "if-match": version } } : {}),
  };
}

/** Without the principals, which only Azure says. */
function writable({ type, userAssignedIdentities }: NonNullable<z.infer<typeof Body>["identity"]>) {
  const ids = Object.keys(userAssignedIdentities ?? {});
  if (ids.length === 0) return { type };
  return { type, userAssignedIdentities: Object.fromEntries(ids.map((id) => [id, {}])) };
}

function without(fields: Readonly<Record<string, unknown>>, keys: readonly string[]) {
  return Object.fromEntries(Object.entries(fields).filter(([key]) => !keys.includes(key)));
}
