import { type Context, Hono } from "hono";
import { TENANT } from "#emulators/azure-ml/place.ts";
import { originOf, type Region } from "#emulators/azure-ml/service.ts";
import { createToken } from "#emulators/azure-ml/tokens.ts";

const LIFETIME_S = 3600;
const SIGN_IN_HOST = "login.microsoftonline.com";

/** Microsoft Entra as far as applications sign in to it: any client id with any secret is let in. */
export function signInRoutes({ clock }: Region): Hono {
  const routes = new Hono();
  routes.get("/common/discovery/instance", (c) =>
    c.json({
      tenant_discovery_endpoint: `${originOf(c)}/${TENANT}/v2.0/.well-known/openid-configuration`,
      "api-version": "1.1",
      metadata: [
        {
          preferred_network: SIGN_IN_HOST,
          preferred_cache: SIGN_IN_HOST,
          aliases: [SIGN_IN_HOST],
        },
      ],
    }),
  );
  routes.get("/:tenant/v2.0/.well-known/openid-configuration", (c) => {
    const base = `${originOf(c)}/${c.req.param("tenant")}`;
    return c.json({
      issuer: `${base}/v2.0`,
      authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
      token_endpoint: `${base}/oauth2/v2.0/token`,
      tenant_region_scope: "EU",
      cloud_instance_name: "microsoftonline.com",
    });
  });
  routes.post("/:tenant/oauth2/v2.0/token", async (c) => {
    const form = new URLSearchParams(await c.req.text());
    const scope = form
      .get("scope")
      ?.split(" ")
      .find((one) => one.endsWith("/.default"));
    if (!scope) return refuse(c, "invalid_scope", "The scope of a token is {resource}/.default.");
    if (form.get("grant_type") !== "client_credentials") {
      return refuse(c, "unsupported_grant_type", "Only client_credentials is emulated.");
    }
    return c.json({
      token_type: "Bearer",
      expires_in: LIFETIME_S,
      ext_expires_in: LIFETIME_S,
      access_token: createToken({
        audience: scope.slice(0, -"/.default".length),
        ttlSeconds: LIFETIME_S,
        now: clock.now(),
      }),
    });
  });
  return routes;
}

function refuse(c: Context, error: string, description: string): Response {
  return c.json({ error, error_description: description, error_codes: [] }, 400);
}
