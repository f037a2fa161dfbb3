import { hideSecrets } from "#domain/secrets.ts";

const MAX_TAIL = 2_000;
export interface LogPart {
  readonly container: string;
  readonly text: string;
}

/** The logs of a deployment's containers as one text, without secrets. */
export function keptLog(parts: readonly LogPart[]): string {
  const text = parts
    .map(({ container, text: lines }) => `--- ${container} ---\n${lines.trim()}\n`)
    .join("\n");
  return hideSecrets(text);
}

/** Its end, in whole lines where it can be, at most 2,000 characters. */
export function logTail(log: string): string {
  const text = log.trim();
  if (text.length <= MAX_TAIL) return text;
  const end = text.slice(-MAX_TAIL);
  const line = end.indexOf("\n");
  return line === -1 ? end : end.slice(line + 1);
}
