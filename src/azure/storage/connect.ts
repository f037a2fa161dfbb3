import type { TokenCredential } from "@azure/core-auth";
import {
  RestError,
  TableClient,
  TableServiceClient,
  type TableServiceClientOptions,
} from "@azure/data-tables";
import { BlobServiceClient, type ContainerClient, newPipeline } from "@azure/storage-blob";
import { PipelineError } from "#domain/errors.ts";
import { type Exchange, unlessSilent } from "./silence.ts";

/** `settings.storage`: a connection string, or the services' addresses for the app's identity. */
export type StorageSettings =
  | { readonly connectionString: string }
  | { readonly blobServiceUri: string; readonly tableServiceUri: string };

/** The account; containers and tables are created when they are first needed. */
export interface Storage {
  container(name: string): Promise<ContainerClient>;
  table(name: string): Promise<TableClient>;
}

/** Quick tries for what passes quickly; longer trouble is the caller's to wait out. */
const BLOB_OPTIONS = {
  retryOptions: { maxTries: 4, retryDelayInMs: 300, maxRetryDelayInMs: 5_000 },
};
const TABLE_RETRIES = { maxRetries: 3, retryDelayInMs: 300, maxRetryDelayInMs: 5_000 };
/** Azurite forgets what it was given in its last seconds before a kill, containers and tables too. */
const TRUSTED_MS = 10_000;
const GONE = ["ContainerNotFound", "TableNotFound"];
const LOOPBACK = /^http:\/\/(127\.0\.0\.1|localhost|\[::1\])([:/]|$)/i;

/** `silenceMs`: how long a call may be without an answer. */
export function connectStorage(
  settings: StorageSettings,
  credential: TokenCredential,
  { silenceMs }: { readonly silenceMs?: number } = {},
): Storage {
  const exchange = unlessSilent(silenceMs);
  const blobs = blobService(settings, credential, exchange);
  const options = tableOptions(settings, exchange);
  return {
    container: remembered(async (name) => {
      const client = blobs.getContainerClient(name);
      await guard(`create container ${name}`, () => client.createIfNotExists());
      return client;
    }),
    table: remembered(async (name) => {
      await guard(`create table ${name}`, () =>
        tableService(settings, credential, options).createTable(name),
      );
      return tableClient(settings, credential, name, options);
    }),
  };
}

/** What failed is tried again at the next need; what was there is looked at again after a while. */
function remembered<Value>(make: (name: string) => Promise<Value>) {
  const made = new Map<string, { readonly making: Promise<Value>; readonly at: number }>();
  return (name: string): Promise<Value> => {
    const known = made.get(name);
    if (known !== undefined && Date.now() - known.at < TRUSTED_MS) return known.making;
    const making = make(name);
    made.set(name, { making, at: Date.now() });
    making.catch(() => made.delete(name));
    return making;
  };
}

function blobService(
  settings: StorageSettings,
  credential: TokenCredential,
  exchange: Exchange,
): BlobServiceClient {
  const plain =
    "connectionString" in settings
      ? BlobServiceClient.fromConnectionString(settings.connectionString)
      : new BlobServiceClient(settings.blobServiceUri, credential);
  const pipeline = newPipeline(plain.credential, BLOB_OPTIONS);
  pipeline.factories.push({
    create: (next) => ({
      sendRequest: (request) => exchange(request, (asked) => next.sendRequest(asked)),
    }),
  });
  return new BlobServiceClient(plain.url, pipeline);
}

function tableService(
  settings: StorageSettings,
  credential: TokenCredential,
  options: TableServiceClientOptions,
): TableServiceClient {
  return "connectionString" in settings
    ? TableServiceClient.fromConnectionString(settings.connectionString, options)
    : new TableServiceClient(settings.tableServiceUri, credential, options);
}

function tableClient(
  settings: StorageSettings,
  credential: TokenCredential,
  name: string,
  options: TableServiceClientOptions,
) {
  return "connectionString" in settings
    ? TableClient.fromConnectionString(settings.connectionString, name, options)
    : new TableClient(settings.tableServiceUri, name, credential, options);
}

/** Plain HTTP never leaves the machine. */
function tableOptions(settings: StorageSettings, exchange: Exchange): TableServiceClientOptions {
  const policy = { name: "unlessSilent", sendRequest: exchange };
  return {
    allowInsecureConnection: LOOPBACK.test(tableEndpoint(settings)),
    retryOptions: TABLE_RETRIES,
    additionalPolicies: [{ policy, position: "perCall" }],
  };
}

function tableEndpoint(settings: StorageSettings): string {
  if (!("connectionString" in settings)) return settings.tableServiceUri;
  const text = settings.connectionString;
  if (text.trim() === "UseDevelopmentStorage=true") return "http://127.0.0.1:10002";
  return /(?:^|;)TableEndpoint=([^;]+)/i.exec(text)?.[1] ?? "";
}

/** Status of a refused storage call; undefined for anything else. */
export function statusOf(error: unknown): number | undefined {
  return isRestError(error) ? error.statusCode : undefined;
}

// Both SDKs bring their own copy of the class.
function isRestError(error: unknown): error is RestError {
  return error instanceof RestError || (error instanceof Error && error.name === "RestError");
}

/**
 * Runs one storage call. What the caller does not `expect` becomes AZURE_BUSY (no answer, 408, 429,
 * 5xx) or AZURE_REFUSED; an expected status is thrown as it is.
 */
export async function guard<Value>(
  action: string,
  work: () => Promise<Value>,
  expected: readonly number[] = [],
): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    if (isBreak(error)) throw connectionBroke(action, error);
    if (!isRestError(error)) throw error;
    const isExpected = expected.includes(error.statusCode ?? 0) && !isGone(error);
    throw isExpected ? error : refusal(action, error);
  }
}

/** What reading a body ends with whose connection ended before it. */
function isBreak(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}

export function connectionBroke(action: string, cause: unknown): PipelineError {
  const message = `The connection to storage broke during "${action}".`;
  return new PipelineError("AZURE_BUSY", message, { cause });
}

/** The place itself is missing, which is no answer about what lies in it. */
function isGone(error: RestError): boolean {
  return GONE.includes(codeOf(error));
}

/** Table storage has its code in the body of the answer. */
function codeOf({ code, details }: RestError): string {
  const { odataError } = (details ?? {}) as { odataError?: { code?: string } };
  return code ?? odataError?.code ?? "no code";
}

function refusal(action: string, cause: RestError): PipelineError {
  const { statusCode = 0 } = cause;
  const busy = isGone(cause) || [0, 408, 429].includes(statusCode) || statusCode >= 500;
  const answer = statusCode === 0 ? "did not answer" : `answered ${statusCode}`;
  const message = `Storage ${answer} to "${action}" (${codeOf(cause)}).`;
  return new PipelineError(busy ? "AZURE_BUSY" : "AZURE_REFUSED", message, { cause });
}

/** As {@link guard}, with `null` for 404. */
export async function ifThere<Value>(
  action: string,
  work: () => Promise<Value>,
): Promise<Value | null> {
  try {
    return await guard(action, work, [404]);
  } catch (error) {
    if (statusOf(error) === 404) return null;
    throw error;
  }
}

/** Whether a conditional write got through; false when another writer was faster. */
export async function won(
  action: string,
  write: () => Promise<unknown>,
  lost: readonly number[] = [409, 412],
): Promise<boolean> {
  try {
    await guard(action, write, lost);
    return true;
  } catch (error) {
    if (lost.includes(statusOf(error) ?? 0)) return false;
    throw error;
  }
}
