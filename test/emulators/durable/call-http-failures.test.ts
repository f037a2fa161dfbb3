import type { CallHttpOptions } from "durable-functions";
import { expect, test } from "vitest";
import { aBackend, aService, ok, untilEnd } from "./http-service.ts";

test("a service that is not there is an error in the orchestrator", async () => {
  const { url } = await (async () => {
    await using gone = await aService(ok);
    return gone;
  })();
  await using backend = aBackend({ url });
  const { status, output } = await untilEnd(backend);
  expect(status).toBe("Failed");
  const place = url.replace("http://", "");
  expect(output).toMatch(
    `Orchestrator function 'calls' failed: Connection refused (${place}) \n {"$type":"System.Net.Http.HttpRequestException, System.Net.Http"`,
  );
});

test.each([
  [
    { tokenSource: { resource: "https://vault.azure.net", kind: "AzureManagedIdentity" } },
    "callHttp got a tokenSource, but this machine has no managed identity to get a token from.",
  ],
  [{ url: "status" }, "An invalid request URI was provided: 'status'."],
  [{ url: "ftp://localhost/" }, "The 'ftp' scheme is not supported."],
  [
    { headers: { "Content-Type": "multipart/form-data" } },
    "Multipart content is not supported with CallHttpAsync.",
  ],
])("what cannot be sent fails in words: %o", async (options, words) => {
  await using backend = aBackend({ url: "http://127.0.0.1:9/", ...options } as CallHttpOptions);
  const { status, output } = await untilEnd(backend);
  expect(status).toBe("Failed");
  expect(output).toContain(`Orchestrator function 'calls' failed: ${words}`);
});

test("a service that does not answer is given up after 240 seconds", async () => {
  await using service = await aService(() => {});
  await using backend = aBackend({ url: service.url });
  await backend.run("calls", null, "i");
  await backend.until(() => service.seen.length === 1);
  await backend.advance(240_000);
  await backend.until(() => backend.instance("i").status !== "Running");
  expect(backend.instance("i").output).toContain(
    "The request was canceled due to the configured HttpClient.Timeout of 240 seconds elapsing.",
  );
});
