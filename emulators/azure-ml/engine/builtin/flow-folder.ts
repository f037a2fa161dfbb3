import type { FlowSource } from "#emulators/azure-ml/engine/engine.ts";

/** The folder that a flow runs in, and its removal if it is a copy. */
export interface PreparedFolder extends AsyncDisposable {
  readonly folder: string;
}

export async function prepareFolder(source: FlowSource): Promise<PreparedFolder> {
  return { folder: source.folder, [Symbol.asyncDispose]: async () => undefined };
}
