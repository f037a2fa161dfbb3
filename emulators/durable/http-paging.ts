/** The header that asks for the next page, and that tells of one. */
const CONTINUATION = "x-ms-continuation-token";

const PAGE_SIZE = 100;

/** How many to show and where to begin. A bad `top` is as none. */
export function pageOf(request: Request, query: URLSearchParams) {
  const top = query.get("top") ?? "";
  const token = request.headers.get(CONTINUATION);
  return {
    size: /^\d+$/.test(top) ? Number(top) : PAGE_SIZE,
    fromId: token ? Buffer.from(token, "base64").toString().trimEnd() : undefined,
  };
}

/** `next` is the first that the page has no room for. */
export function pageHeaders(next: { readonly id: string } | undefined): Record<string, string> {
  return next ? { [CONTINUATION]: Buffer.from(`${next.id} `).toString("base64") } : {};
}

/** A date that cannot be read is as none. */
export function dateOf(query: URLSearchParams, name: string): number | undefined {
  const at = Date.parse(query.get(name) ?? "");
  return Number.isNaN(at) ? undefined : at;
}
