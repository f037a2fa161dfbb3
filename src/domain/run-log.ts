const SECRETS = /\b(sig=|Bearer |AccountKey=|api[-_]key["']?\s*[:=]\s*["']?)[^\s"'&;,]+/gi;

/** A run's log fit to be kept: its first line repeats the submitted request, and tokens can stand anywhere. */
export function scrubLog(text: string): string {
  const end = text.indexOf("\n");
  return (end === -1 ? "" : text.slice(end + 1)).replace(SECRETS, "$1***");
}
