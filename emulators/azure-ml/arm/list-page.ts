import type { Context } from "hono";
import { Refusal } from "#emulators/azure-ml/errors.ts";
import { originOf } from "#emulators/azure-ml/service.ts";

interface Listed {
  readonly properties: { readonly isArchived?: unknown };
}

/** One page of assets in order of creation, by `listViewType`, `$orderBy`, `$top` and `$skip`. */
export function listPage<Item extends Listed>(c: Context, items: readonly Item[]) {
  const view = c.req.query("listViewType") ?? "ActiveOnly";
  const shown = items.filter(({ properties }) => {
    if (view === "All") return true;
    return (properties.isArchived === true) === (view === "ArchivedOnly");
  });
  if (/^createdtime desc$/i.test(c.req.query("$orderBy") ?? "")) shown.reverse();
  const skip = numberIn(c, "$skip", 0);
  const end = skip + numberIn(c, "$top", shown.length);
  return {
    value: shown.slice(skip, end),
    ...(end < shown.length ? { nextLink: nextLink(c, end) } : {}),
  };
}

function numberIn(c: Context, name: string, otherwise: number): number {
  const text = c.req.query(name);
  if (text === undefined) return otherwise;
  if (/^\d+$/.test(text)) return Number(text);
  throw new Refusal(400, "InvalidQueryParameter", `${name} is a whole number, not '${text}'.`);
}

function nextLink(c: Context, skip: number): string {
  const url = new URL(c.req.url);
  url.searchParams.set("$skip", String(skip));
  return originOf(c) + url.pathname + url.search;
}
