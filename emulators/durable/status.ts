import type { HistoryEvent } from "./events.ts";
import { rewriteHistory } from "./history-view.ts";
import type { Instance } from "./store/instances.ts";

export interface StatusOptions {
  readonly showInput: boolean;
  readonly showHistory?: boolean;
  readonly showHistoryOutput?: boolean;
}

/**
 * The status as JSON text. It is put together from texts because the extension's own answer is not always JSON:
 * an output `undefined` appears bare.
 */
export function statusText(
  instance: Instance,
  options: StatusOptions,
  history: () => readonly HistoryEvent[] = () => [],
): string {
  const fields: Record<string, string> = {
    name: JSON.stringify(instance.name),
    instanceId: JSON.stringify(instance.id),
    runtimeStatus: JSON.stringify(instance.status),
    input: options.showInput ? valueText(instance.input) : "null",
    customStatus: valueText(instance.customStatus),
    output: valueText(instance.output),
    createdTime: JSON.stringify(seconds(instance.createdAt)),
    lastUpdatedTime: JSON.stringify(seconds(instance.updatedAt)),
  };
  // Before its first turn there is none to show.
  if (options.showHistory && instance.status !== "Pending") {
    fields.historyEvents = JSON.stringify(rewriteHistory(history(), options));
  }
  const members = Object.entries(fields).map(([key, text]) => `"${key}":${text}`);
  return `{${members.join(",")}}`;
}

/** Text that is JSON as it is, any other as a string without the spaces around it. */
export function valueText(untrimmed: string | null): string {
  if (untrimmed === null) return "null";
  const text = untrimmed.trim();
  if (text === "undefined") return text;
  try {
    JSON.parse(text);
    return text;
  } catch {
    // Reasons and failures are plain text.
    return JSON.stringify(text);
  }
}

function seconds(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, "Z");
}
