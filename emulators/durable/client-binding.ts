/** Where the management API is, as a durable client is told. */
export interface ManagementAddress {
  /** Origin for people and other services, such as `http://localhost:7071`. */
  readonly publicOrigin: string;
  /** Origin for the app's own calls. */
  readonly rpcOrigin: string;
  readonly hubName: string;
  /** The key in the URLs that are given out. */
  readonly key: string;
}

const WEBHOOK_PATH = "/runtime/webhooks/durabletask";

/** The path under which the app's own calls arrive. */
export const RPC_PATH = "/durabletask/";

/** Locally no key is asked for; URLs carry one all the same, because callers copy them as they are. */
export const ANY_KEY = "emulator";

/** The text of the `durableClient` input binding. */
export function clientBinding(address: ManagementAddress): string {
  const { publicOrigin, rpcOrigin, hubName, key } = address;
  const code = `code=${key}`;
  const base = `${publicOrigin}${WEBHOOK_PATH}`;
  const create = `${base}/orchestrators/{functionName}[/{instanceId}]?`;
  return JSON.stringify({
    taskHubName: hubName,
    connectionName: null,
    creationUrls: {
      createNewInstancePostUri: `${create}${code}`,
      createAndWaitOnNewInstancePostUri: `${create}timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}&${code}`,
    },
    managementUrls: {
      ...managementUrls(publicOrigin, hubName, "INSTANCEID", key),
      id: "INSTANCEID",
    },
    baseUrl: base,
    requiredQueryStringParameters: code,
    // Without the trailing slash the SDK would lose the last segment.
    rpcBaseUrl: `${rpcOrigin}${RPC_PATH}`,
    httpBaseUrl: null,
    maxGrpcMessageSizeInBytes: null,
    grpcHttpClientTimeout: null,
  });
}

/** URLs of one instance, with the placeholders that the SDK fills. */
function managementUrls(origin: string, hubName: string, id: string, key: string) {
  const url = `${origin}${WEBHOOK_PATH}/instances/${id}`;
  const query = `taskHub=${hubName}&connection=Storage&code=${key}`;
  return {
    id,
    statusQueryGetUri: `${url}?${query}`,
    sendEventPostUri: `${url}/raiseEvent/{eventName}?${query}`,
    terminatePostUri: `${url}/terminate?reason={text}&${query}`,
    rewindPostUri: `${url}/rewind?reason={text}&${query}`,
    purgeHistoryDeleteUri: `${url}?${query}`,
    restartPostUri: `${url}/restart?${query}`,
    suspendPostUri: `${url}/suspend?reason={text}&${query}`,
    resumePostUri: `${url}/resume?reason={text}&${query}`,
  };
}

/** The body of a 202 to a start. */
export function startedPayload(origin: string, hubName: string, id: string, key: string) {
  const { rewindPostUri: _, ...urls } = managementUrls(origin, hubName, urlEncoded(id), key);
  return { ...urls, id };
}

/** .NET's encoding, which makes a plus of a space also in a path. */
function urlEncoded(text: string): string {
  return encodeURIComponent(text)
    .replaceAll("%20", "+")
    .replaceAll("~", "%7E")
    .replaceAll("'", "%27");
}
