/** Where the management API is, as a durable client is told. */
export interface ManagementAddress {
  /** Origin for people and other services, such as `http://localhost:7071`. */
  readonly publicOrigin: string;
  /** Origin for the app's own calls. */
  readonly rpcOrigin: string;
  readonly hubName: string;
}

const WEBHOOK_PATH = "/runtime/webhooks/durabletask";

/** The path under which the app's own calls arrive. */
export const RPC_PATH = "/durabletask/";

/** Locally no key is asked for; URLs carry one all the same, because callers copy them as they are. */
const CODE = "code=emulator";

/** The text of the `durableClient` input binding. */
export function clientBinding({ publicOrigin, rpcOrigin, hubName }: ManagementAddress): string {
  const base = `${publicOrigin}${WEBHOOK_PATH}`;
  const create = `${base}/orchestrators/{functionName}[/{instanceId}]?`;
  return JSON.stringify({
    taskHubName: hubName,
    connectionName: null,
    creationUrls: {
      createNewInstancePostUri: `${create}${CODE}`,
      createAndWaitOnNewInstancePostUri: `${create}timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}&${CODE}`,
    },
    managementUrls: { ...managementUrls(publicOrigin, hubName, "INSTANCEID"), id: "INSTANCEID" },
    baseUrl: base,
    requiredQueryStringParameters: CODE,
    // Without the trailing slash the SDK would lose the last segment.
    rpcBaseUrl: `${rpcOrigin}${RPC_PATH}`,
    httpBaseUrl: null,
    maxGrpcMessageSizeInBytes: null,
    grpcHttpClientTimeout: null,
  });
}

/** URLs of one instance, with the placeholders that the SDK fills. */
function managementUrls(origin: string, hubName: string, id: string) {
  const url = `${origin}${WEBHOOK_PATH}/instances/${id}`;
  const query = `taskHub=${hubName}&connection=Storage&${CODE}`;
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
export function startedPayload(origin: string, hubName: string, id: string) {
  const { rewindPostUri: _, ...urls } = managementUrls(origin, hubName, encodeURIComponent(id));
  return { ...urls, id };
}
