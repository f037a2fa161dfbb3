interface Where {
  /** `https://localhost:7084`. */
  readonly proxy: string;
  /** File with the authority's certificate. */
  readonly authority: string;
  /** Home folder of the clients, which keep files there. */
  readonly home: string;
}

/** All that a stock client is told: a proxy, whom to trust, and a service principal. */
export function clientVariables({ proxy, authority, home }: Where): Record<string, string> {
  const { port } = new URL(proxy);
  return {
    HTTPS_PROXY: `http://127.0.0.1:${port}`,
    REQUESTS_CA_BUNDLE: authority,
    SSL_CERT_FILE: authority,
    NODE_EXTRA_CA_CERTS: authority,
    AZURE_TENANT_ID: "11111111-1111-1111-1111-111111111111",
    AZURE_CLIENT_ID: "33333333-3333-3333-3333-333333333333",
    AZURE_CLIENT_SECRET: "any",
    HOME: home,
  };
}
