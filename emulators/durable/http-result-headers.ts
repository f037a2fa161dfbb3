/** .NET's spelling of the headers that it knows; others stay as they were sent. */
const SPELLINGS = new Map(
  [
    "Accept-Ranges",
    "Access-Control-Allow-Origin",
    "Age",
    "Cache-Control",
    "Connection",
    "Date",
    "ETag",
    "Keep-Alive",
    "Location",
    "Pragma",
    "Proxy-Authenticate",
    "Retry-After",
    "Server",
    "Set-Cookie",
    "Strict-Transport-Security",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
    "Vary",
    "Via",
    "Warning",
    "WWW-Authenticate",
    "X-Content-Type-Options",
    "X-Frame-Options",
    "X-Powered-By",
    "X-Request-ID",
  ].map((name) => [name.toLowerCase(), name]),
);

/** To .NET these belong to the content, and the extension returns the others only. */
const OF_CONTENT = /^(allow|content-.*|expires|last-modified)$/i;

/** A header that came once is a string, one that came again an array. `raw` alternates names and values. */
export function resultHeaders(raw: readonly string[]): Readonly<Record<string, string | string[]>> {
  const found: Record<string, string[]> = {};
  for (let n = 0; n + 1 < raw.length; n += 2) {
    const [sent = "", value = ""] = raw.slice(n, n + 2);
    const name = SPELLINGS.get(sent.toLowerCase()) ?? sent;
    if (!OF_CONTENT.test(name)) found[name] = [...(found[name] ?? []), value];
  }
  return Object.fromEntries(
    Object.entries(found).map(([name, values]) => [
      name,
      values.length === 1 ? String(values[0]) : values,
    ]),
  );
}
