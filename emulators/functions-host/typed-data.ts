/** The worker protocol's values; the library reads the first member that is there. */
export interface TypedData {
  readonly string?: string;
  readonly json?: string;
  readonly bytes?: Uint8Array;
  readonly int?: number;
  readonly double?: number;
  readonly http?: HttpData;
}

export interface Nullable {
  readonly value: string;
}

export interface HttpData {
  readonly method?: string;
  readonly url?: string;
  readonly nullableHeaders?: Readonly<Record<string, Nullable>>;
  readonly nullableQuery?: Readonly<Record<string, Nullable>>;
  readonly nullableParams?: Readonly<Record<string, Nullable>>;
  readonly body?: TypedData | null;
  /** From here on: answers only. */
  readonly statusCode?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookies?: readonly HttpCookie[];
}

export interface HttpCookie {
  readonly name: string;
  readonly value: string;
  readonly domain?: Nullable;
  readonly path?: Nullable;
  readonly expires?: { readonly value: { readonly seconds: number } };
  readonly secure?: { readonly value: boolean };
  readonly httpOnly?: { readonly value: boolean };
  readonly sameSite?: "none" | "lax" | "strict" | "explicitNone";
  readonly maxAge?: { readonly value: number };
}

/** JSON as typed data. */
export function jsonData(value: unknown): TypedData {
  return { json: JSON.stringify(value) };
}

/** Top-level members of an object as trigger metadata, as the host spreads them. */
export function spreadMembers(value: unknown): Readonly<Record<string, TypedData>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return {};
  const members = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(
    members.map(([key, member]) => [
      key,
      typeof member === "object" ? jsonData(member) : { string: String(member) },
    ]),
  );
}
