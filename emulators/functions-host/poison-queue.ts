import { DefaultAzureCredential } from "@azure/identity";
import { StorageSharedKeyCredential } from "@azure/storage-blob";
import { isLoopback } from "#emulators/kit/serve.ts";
import { AZURITE_ACCOUNT, AZURITE_KEY } from "./blob-storage.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Where a storage account's queues are, and how to be let in. */
export interface QueueAccount {
  /** Without a trailing slash. */
  readonly endpoint: string;
  readonly credential:
    | { readonly kind: "key"; readonly account: string; readonly key: string }
    /** A query without its question mark. */
    | { readonly kind: "sas"; readonly query: string }
    | { readonly kind: "identity" };
}

export const POISON_QUEUE = "webjobs-blobtrigger-poison";
const API_VERSION = "2021-12-02";
const TIMEOUT_MS = 10_000;
const AZURITE_QUEUES = "http://127.0.0.1:10001/devstoreaccount1";

/** The queues of the account that a blob trigger's `connection` names; undefined when it tells of blobs only. */
export function queueAccount(
  connection: string,
  environment: Environment,
): QueueAccount | undefined {
  for (const name of [connection, `AzureWebJobs${connection}`]) {
    const text = environment[name];
    if (text) return accountOf(text);
    const uri = environment[`${name}__queueServiceUri`] ?? beside(environment, name);
    if (uri) return { endpoint: uri.replace(/\/$/, ""), credential: credentialFor(uri) };
  }
  return undefined;
}

/** In Azure an account's services differ in one label of the host name; an emulator's do not. */
function beside(environment: Environment, name: string): string | undefined {
  const blobs = environment[`${name}__blobServiceUri`];
  return blobs?.includes(".blob.") ? blobs.replace(".blob.", ".queue.") : undefined;
}

function credentialFor(uri: string): QueueAccount["credential"] {
  return isLoopback(new URL(uri).host)
    ? { kind: "key", account: AZURITE_ACCOUNT, key: AZURITE_KEY }
    : { kind: "identity" };
}

function accountOf(connectionString: string): QueueAccount | undefined {
  const values = new Map(
    connectionString.split(";").map((part) => {
      const at = part.indexOf("=");
      return [part.slice(0, at).trim().toLowerCase(), part.slice(at + 1).trim()] as const;
    }),
  );
  if (values.get("usedevelopmentstorage") === "true") {
    return { endpoint: AZURITE_QUEUES, credential: credentialFor(AZURITE_QUEUES) };
  }
  const account = values.get("accountname") ?? "";
  const suffix = values.get("endpointsuffix") ?? "core.windows.net";
  const isWhole = account !== "" && !values.has("blobendpoint");
  const fallback = isWhole
    ? `${values.get("defaultendpointsprotocol") ?? "https"}://${account}.queue.${suffix}`
    : undefined;
  const endpoint = (values.get("queueendpoint") ?? fallback)?.replace(/\/$/, "");
  if (endpoint === undefined) return undefined;
  const sas = values.get("sharedaccesssignature");
  const key = values.get("accountkey");
  if (sas) return { endpoint, credential: { kind: "sas", query: sas.replace(/^\?/, "") } };
  return key ? { endpoint, credential: { kind: "key", account, key } } : undefined;
}

/** Puts a message into the poison queue, in base64 as the host does; makes the queue if it is missing. Rejects otherwise. */
export async function sendPoison(account: QueueAccount, message: string): Promise<void> {
  const text = Buffer.from(message).toString("base64");
  const body = `<QueueMessage><MessageText>${text}</MessageText></QueueMessage>`;
  const put = () => call(account, "POST", `${POISON_QUEUE}/messages`, body);
  let status = await put();
  if (status === 404) {
    const made = await call(account, "PUT", POISON_QUEUE, "");
    // 409: somebody else was faster.
    if (made >= 300 && made !== 409) throw new Error(`the queue could not be made: HTTP ${made}`);
    status = await put();
  }
  if (status >= 300) throw new Error(`the queue answered with HTTP ${status}`);
}

async function call(
  account: QueueAccount,
  method: string,
  path: string,
  body: string,
): Promise<number> {
  const { endpoint, credential } = account;
  const query = credential.kind === "sas" ? `?${credential.query}` : "";
  const url = new URL(`${endpoint}/${path}${query}`);
  const headers = {
    "x-ms-date": new Date().toUTCString(),
    "x-ms-version": API_VERSION,
    "content-type": "application/xml",
  };
  const authorization = await authorizationOf(account, method, url, headers, body);
  const response = await fetch(url, {
    method,
    headers: { ...headers, ...(authorization ? { authorization } : {}) },
    ...(body === "" ? {} : { body }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  await response.arrayBuffer();
  return response.status;
}

async function authorizationOf(
  { credential }: QueueAccount,
  method: string,
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: string,
): Promise<string | undefined> {
  if (credential.kind === "sas") return undefined;
  if (credential.kind === "identity") {
    const scope = "https://storage.azure.com/.default";
    return `Bearer ${(await new DefaultAzureCredential().getToken(scope)).token}`;
  }
  const { account, key } = credential;
  const length = body === "" ? "" : String(Buffer.byteLength(body));
  // Shared Key: encoding, language, length, MD5, type, date, four conditions and a range, most of them empty.
  const standard = ["", "", length, "", headers["content-type"], "", "", "", "", "", ""];
  const own = ["x-ms-date", "x-ms-version"].map((name) => `${name}:${headers[name]}`);
  const text = [method, ...standard, ...own, `/${account}${url.pathname}`].join("\n");
  const signature = new StorageSharedKeyCredential(account, key).computeHMACSHA256(text);
  return `SharedKey ${account}:${signature}`;
}
