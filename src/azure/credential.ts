import type { AccessToken, TokenCredential } from "@azure/core-auth";
import { DefaultAzureCredential } from "@azure/identity";
import { z } from "zod";
import { PipelineError } from "#domain/errors.ts";

/** Audiences as Azure's clients ask for them. */
export const ARM_SCOPE = "https://management.azure.com/.default";
export const ML_SCOPE = "https://ml.azure.com/.default";
export const STORAGE_SCOPE = "https://storage.azure.com/.default";

const TOKEN_LIFE_MS = 3_600_000;
const MAX_REASON = 500;

/** What the errors of Azure's credentials have in common. */
const Failure = z
  .object({ statusCode: z.number().optional(), message: z.string() })
  .catch({ message: "the credential gave no reason" });

/** The identity that the app runs as; `clientId` picks one of several user-assigned ones. */
export function createDefaultCredential(clientId?: string): TokenCredential {
  return new DefaultAzureCredential(
    clientId === undefined ? {} : { managedIdentityClientId: clientId },
  );
}

/** Tokens that only the local stack believes in, from the emulator at `armEndpoint`. */
export function createEmulatorCredential(armEndpoint: string): TokenCredential {
  const cache = new Map<string, AccessToken>();
  return {
    async getToken(scopes, { claims } = {}) {
      const scope = Array.isArray(scopes) ? (scopes[0] ?? "") : scopes;
      const cached = claims === undefined ? cache.get(scope) : undefined;
      if (cached && cached.expiresOnTimestamp - Date.now() > TOKEN_LIFE_MS / 2) return cached;

      const fresh = await requestToken(armEndpoint, scope.replace(/\/\.default$/, ""));
      cache.set(scope, fresh);
      return fresh;
    },
  };
}

/**
 * Rejects with AZURE_REFUSED when the directory says no, with AZURE_BUSY when it cannot be asked. `anew`: not the one
 * that the credential has kept.
 */
export async function requireToken(
  credential: TokenCredential,
  scope: string,
  { anew = false } = {},
): Promise<string> {
  // Claims of any kind are what makes a credential look past its cache.
  const token = await credential
    .getToken(scope, anew ? { claims: "{}" } : {})
    .catch((cause: unknown) => {
      if (cause instanceof PipelineError) throw cause;
      const { statusCode, message } = Failure.parse(cause);
      const refused = statusCode !== undefined && statusCode >= 400 && statusCode < 429;
      const code = refused ? "AZURE_REFUSED" : "AZURE_BUSY";
      const reason = message.slice(0, MAX_REASON);
      throw new PipelineError(code, `No token for ${scope}: ${reason}`, { cause });
    });
  if (token === null) throw new PipelineError("AZURE_REFUSED", `No token for ${scope}.`);
  return token.token;
}

async function requestToken(armEndpoint: string, audience: string): Promise<AccessToken> {
  const response = await fetch(`${armEndpoint}/_emulator/token`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ audience, ttl: TOKEN_LIFE_MS / 1_000 }),
  }).catch((cause: unknown) => {
    throw new PipelineError("AZURE_BUSY", `No token: the emulator at ${armEndpoint} is silent.`, {
      cause,
    });
  });
  if (!response.ok) {
    throw new PipelineError("AZURE_BUSY", `No token: the emulator answered ${response.status}.`);
  }
  const { token } = z.object({ token: z.string() }).parse(await response.json());
  return { token, expiresOnTimestamp: Date.now() + TOKEN_LIFE_MS };
}
