const MAX_TAIL = 2_000;
const HIDDEN = "***";

/** Tokens, keys and signatures in the forms in which logs show them. */
const SECRETS: readonly RegExp[] = [
  /(\b(?:sig|AccountKey|SharedAccessKey|code)=)[^\s"'&;,]+/gi,
  /(\b(?:Bearer|Basic|SharedKey)\s+)[^\s"',;]+/gi,
  /((?:api[-_ ]?key|secret|password|token|primaryKey|secondaryKey|connection[-_ ]?string)["']?\s*[:=]\s*["']?)[^\s"',;]+/gi,
  /()\beyJ[\w-]{10,}\.[\w-]+(?:\.[\w-]*)?/g,
  /()\b[A-Za-z0-9+/]{40,}={1,2}/g,
];

export interface LogPart {
  readonly container: string;
  readonly text: string;
}

/** The logs of a deployment's containers as one text, without secrets. */
export function keptLog(parts: readonly LogPart[]): string {
  const text = parts
    .map(({ container, text: lines }) => `--- ${container} ---\n${lines.trim()}\n`)
    .join("\n");
  return SECRETS.reduce((kept, secret) => kept.replace(secret, `$1${HIDDEN}`), text);
}

/** Its end, in whole lines where it can be, at most 2,000 characters. */
export function logTail(log: string): string {
  const text = log.trim();
  if (text.length <= MAX_TAIL) return text;
  const end = text.slice(-MAX_TAIL);
  const line = end.indexOf("\n");
  return line === -1 ? end : end.slice(line + 1);
}
