import { expect, test } from "vitest";
import { scrubLog } from "#domain/run-log.ts";
import { hideSecrets } from "#domain/secrets.ts";

const HEX = "0123456789abcdef".repeat(2);

test.each([
  ["Authorization: Bearer abc.def", "Authorization: Bearer ***"],
  ["'Authorization': 'Basic dTpw'", "'Authorization': 'Basic ***'"],
  ["SharedKey acc:Zm9v=", "SharedKey ***"],
  ["GET /b?sv=1&sig=Zm9v%3D&se=2", "GET /b?sv=1&sig=***&se=2"],
  ["next=https%3A%2F%2Fx%3Fsig%3DZm9v%253D ok", "next=https%3A%2F%2Fx%3Fsig%3D*** ok"],
  ["POST /api/a?code=Zm9v", "POST /api/a?code=***"],
  ["AccountKey=Zm9v;End=1", "AccountKey=***;End=1"],
  ["SharedAccessKey=Zm9v;End=1", "SharedAccessKey=***;End=1"],
  ['{"api_key": "k-123"}', '{"api_key": "***"}'],
  [String.raw`"{\"api_key\": \"k-123\"}"`, String.raw`"{\"api_key\": \"***\"}"`],
  ["{'api-key': 'k-123'}", "{'api-key': '***'}"],
  ["OPENAI_API_KEY=k-123 ready", "OPENAI_API_KEY=*** ready"],
  ["apiKey: k-123", "apiKey: ***"],
  ["client_secret=s-1", "client_secret=***"],
  ["password: hunter2", "password: ***"],
  ["jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "jwt ***"],
  [`key ${"A".repeat(43)}=`, "key ***"],
  ["the key is sk-proj-0123456789abcdef", "the key is ***"],
  [`connection opened with ${HEX}`, "connection opened with ***"],
  [`connection opened with ${HEX}.`, "connection opened with ***."],
  [`connection opened with ${"aB3".repeat(28)}`, "connection opened with ***"],
])("is hidden: %s", (line, kept) => {
  expect(hideSecrets(line)).toBe(kept);
});

test.each([
  "/var/azureml-app/azureml-models/web/3/flow.dag.yaml",
  `azureml://datastores/workspaceblobstore/paths/LocalUpload/${HEX}/data.jsonl`,
  `cache/${HEX}.jsonl, ${HEX}.jsonl`,
  `session ${HEX}0123456789abcdef`,
  "request 48694cc1-f6d5-447d-bbca-a5741560392e",
  "total_tokens: 12, prompt_tokens=3",
  "a basic flow ended with exit code=1",
])("stays: %s", (line) => {
  expect(hideSecrets(line)).toBe(line);
});

test("a run's log is kept without the request in its first line, and without secrets", () => {
  const log = [
    'Receiving v2 bulk run request: {"question": "whose?"}',
    `ask: conn.api_key is ${HEX}`,
    "GET https://acc.blob.core.windows.net/box/b?sv=1&sig=Zm9v&se=2",
    "headers {'Authorization': 'Bearer eyJhbGciOi.eyJzdWIi.c2ln'}",
    "done",
    "",
  ].join("\n");

  expect(scrubLog(log)).toBe(
    [
      "ask: conn.api_key is ***",
      "GET https://acc.blob.core.windows.net/box/b?sv=1&sig=***&se=2",
      "headers {'Authorization': 'Bearer ***'}",
      "done",
      "",
    ].join("\n"),
  );
  expect(scrubLog("only the request")).toBe("");
});
