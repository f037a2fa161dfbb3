import * as z from "zod";
import type { Region } from "./service.ts";
import { createToken } from "./tokens.ts";

const TokenRequest = z.object({
  audience: z.string().min(1),
  ttl: z.number().int().optional(),
});
const DEFAULT_TTL_SECONDS = 3600;

/** `POST /_emulator/token {audience, ttl?}`, ttl in seconds. */
export function addTokens({ backDoor, clock }: Region): void {
  backDoor.routes.post("/_emulator/token", async (c) => {
    const parsed = TokenRequest.safeParse(await c.req.json().catch(() => undefined));
    if (!parsed.success) {
      const message = z.prettifyError(parsed.error);
      return c.json({ error: { code: "BadTokenRequest", message } }, 400);
    }
    const { audience, ttl = DEFAULT_TTL_SECONDS } = parsed.data;
    return c.json({ token: createToken({ audience, ttlSeconds: ttl, now: clock.now() }) });
  });
}
