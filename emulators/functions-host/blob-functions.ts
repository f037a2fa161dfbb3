import type { RegisteredFunction } from "./app-registry.ts";
import { type BlobPath, parseBlobPath } from "./blob-path.ts";

/** A function with a blob trigger, its binding read. */
export interface BlobFunction {
  readonly registered: RegisteredFunction;
  readonly path: BlobPath;
  /** Name of the setting with the account. */
  readonly connection: string;
  /** Whether its container is listed again and again; otherwise Event Grid tells of new blobs. */
  readonly isScanned: boolean;
}

/** The blob functions among them. Throws for a path or a source that cannot be read. */
export function blobFunctions(
  functions: readonly RegisteredFunction[],
  resolve: (text: string) => string,
): readonly BlobFunction[] {
  return functions
    .filter(({ trigger }) => trigger.binding.type === "blobTrigger")
    .map((registered) => blobFunction(registered, resolve));
}

export function blobFunction(
  registered: RegisteredFunction,
  resolve: (text: string) => string,
): BlobFunction {
  const { path, connection, source = "LogsAndContainerScan" } = registered.trigger.binding;
  const isScanned = source === "LogsAndContainerScan";
  if (!isScanned && source !== "EventGrid") {
    throw new Error(`its source is "${source}", expected "LogsAndContainerScan" or "EventGrid"`);
  }
  return {
    registered,
    path: parseBlobPath(resolve(String(path))),
    connection: String(connection || "AzureWebJobsStorage"),
    isScanned,
  };
}
