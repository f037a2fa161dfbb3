import { randomUUID } from "node:crypto";
import { CALLER, TENANT } from "./place.ts";

export const ARM_AUDIENCE = "https://management.azure.com";
/** What older clients call the same. */
const CLASSIC_AUDIENCE = "https://management.core.windows.net";
export const STORAGE_AUDIENCE = "https://storage.azure.com";
export const ML_AUDIENCE = "https://ml.azure.com";

interface Claims {
  readonly aud: string;
  /** Seconds since the epoch. */
  readonly exp: number;
  readonly oid: string;
  readonly tid: string;
}

interface TokenRequest {
  /** A resource or a scope: `https://ml.azure.com`, also with `/` or `/.default`. */
  readonly audience: string;
  readonly ttlSeconds: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Looks like a token of Microsoft Entra, but nobody signed it. */
export function createToken({ audience, ttlSeconds, now }: TokenRequest): string {
  const issuedAt = Math.floor(now / 1000);
  const claims = {
    aud: audience.replace(/\/\.default$/, ""),
    iat: issuedAt,
    exp: issuedAt + ttlSeconds,
    oid: CALLER,
    tid: TENANT,
    // No two tokens are the same.
    uti: randomUUID(),
  };
  return [encode({ typ: "JWT", alg: "none" }), encode(claims), "unsigned"].join(".");
}

/** What is wrong with a token for this audience, or undefined. `now` in milliseconds. */
export function tokenProblem(token: string, audience: string, now: number): string | undefined {
  const claims = decode(token);
  if (!claims) return "The access token could not be read; get one from POST /_emulator/token.";
  const given = withoutSuffix(claims.aud);
  if (given !== audience && !(given === CLASSIC_AUDIENCE && audience === ARM_AUDIENCE)) {
    return `The access token is for audience '${claims.aud}', this service wants '${audience}'.`;
  }
  if (claims.exp * 1000 <= now) {
    return `The access token expired at ${new Date(claims.exp * 1000).toISOString()}.`;
  }
  return undefined;
}

function encode(part: unknown): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}

function decode(token: string): Claims | undefined {
  const parts = token.split(".");
  if (parts.length !== 3) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(parts[1] ?? "", "base64url").toString());
    return isClaims(claims) ? claims : undefined;
  } catch {
    return undefined;
  }
}

function isClaims(value: unknown): value is Claims {
  if (typeof value !== "object" || value === null) return false;
  const { aud, exp } = value as Partial<Claims>;
  return typeof aud === "string" && typeof exp === "number";
}

function withoutSuffix(audience: string): string {
  return audience.replace(/\/\.default$/, "").replace(/\/+$/, "");
}
