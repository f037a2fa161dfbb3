const HIDDEN = "***";
/** Between a name and its value, in URLs, YAML, JSON, and JSON inside of JSON. */
const IS = String.raw`(?:=|%3D|\\*["']?\s*[:=]\s*\\*["']?)`;
const VALUE = String.raw`[^\s"'&,;\\]+`;

/** Tokens, keys and signatures in the forms in which logs show them. */
const SECRETS: readonly RegExp[] = [
  new RegExp(String.raw`((?:\b|%3F|%26)sig${IS})${VALUE}`, "gi"),
  new RegExp(`([?&]code=)${VALUE}`, "gi"),
  /(\b(?:Bearer|SharedKey)\s+)[^\s"',;\\]+/gi,
  /(authorization\W{1,8}Basic\s+)[^\s"',;\\]+/gi,
  new RegExp(
    `((?:api[-_ ]?key|account_?key|access_?key|secret|password|token|(?:primary|secondary)_?key|connection[-_ ]?string)${IS})${VALUE}`,
    "gi",
  ),
  /()\beyJ[\w-]{10,}\.[\w-]+(?:\.[\w-]*)?/g,
  /()\bsk-[\w-]{16,}/g,
  /()\b[A-Za-z0-9+/]{40,}={1,2}/g,
  // A key of Azure OpenAI that stands alone; a hash in a path and a longer id stay.
  /()(?<![\w/.-])(?:[0-9a-f]{32}|[A-Za-z0-9]{80,})(?!\.?[\w/-])/g,
];

/** The text without what opens a door; too much is hidden rather than too little. */
export function hideSecrets(text: string): string {
  return SECRETS.reduce((kept, secret) => kept.replace(secret, `$1${HIDDEN}`), text);
}
