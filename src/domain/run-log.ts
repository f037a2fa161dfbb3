import { hideSecrets } from "./secrets.ts";

/** A run's log fit to be kept: its first line repeats the submitted request, and secrets can stand anywhere. */
export function scrubLog(text: string): string {
  const end = text.indexOf("\n");
  return hideSecrets(end === -1 ? "" : text.slice(end + 1));
}
