import { TENANT } from "#emulators/azure-ml/place.ts";
import type { FrontDoor } from "./layout.ts";
import type { Stack } from "./start-stack.ts";

/** What `npm start` prints once all is ready. */
export function describe(stack: Stack, withFunctions: boolean): string {
  const rows: [string, string][] = [
    [
      "Functions",
      withFunctions ? `${stack.functions}/api` : `${stack.functions} (start it: func start)`,
    ],
    ["Blobs", stack.blob],
    ["Queues", stack.queue],
    ["Tables", stack.table],
    ["Azure ML", stack.azureMl],
    ["Event Grid", `${stack.eventGrid}/_emulator/events`],
    ["Model", stack.model],
  ];
  return [
    "",
    "The local stack is ready.",
    "",
    ...rows.map(([name, url]) => `  ${name.padEnd(11)} ${url}`),
    "",
    ...(stack.tls ? [...forStockClients(stack.tls), ""] : []),
    "What to do next (README.md has each line in full):",
    `  upload   PUT  ${stack.functions}/api/apps/{app}/bundles`,
    `  start    POST ${stack.functions}/api/pipelines  {"app": "…", "bundle": "latest"}`,
    `  follow   GET  ${stack.functions}/api/pipelines`,
    "",
    "Ctrl-C stops it.",
  ].join("\n");
}

/** Ready to be pasted; client and secret are not looked at. */
function forStockClients({ url, authority }: FrontDoor): string[] {
  const file = `"${authority}"`;
  return [
    `Azure ML answers at ${url} too. Stock clients of Azure, in a terminal of their own, need`,
    `  export HTTPS_PROXY=http://127.0.0.1:${new URL(url).port}`,
    `  export REQUESTS_CA_BUNDLE=${file} SSL_CERT_FILE=${file} NODE_EXTRA_CA_CERTS=${file}`,
    `  export AZURE_TENANT_ID=${TENANT} AZURE_CLIENT_ID=any AZURE_CLIENT_SECRET=any`,
  ];
}
