import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Emulator } from "#emulators/kit/serve.ts";
import { startModel } from "#emulators/model/start-model.ts";
import { post } from "./ask.ts";

let model: Emulator;
beforeAll(async () => {
  model = await startModel();
});
afterAll(() => model[Symbol.asyncDispose]());

const hello = [{ role: "user", content: "Hello there" }];

describe("a bad request is refused as OpenAI does", () => {
  const ok = { model: "m", messages: hello };
  test.each([
    ["a body that is not JSON", "{", null, null],
    ["a body that is no object", "[]", null, null],
    ["no model", { messages: hello }, "missing_required_parameter", "model"],
    ["a model that is no string", { ...ok, model: 4 }, "invalid_type", "model"],
    ["no messages", { model: "m" }, "missing_required_parameter", "messages"],
    ["messages that are no array", { ...ok, messages: "hi" }, "invalid_type", "messages"],
    ["empty messages", { ...ok, messages: [] }, "empty_array", "messages"],
    ["a message that is no object", { ...ok, messages: ["hi"] }, "invalid_type", "messages[0]"],
    [
      "no role",
      { ...ok, messages: [{ content: "" }] },
      "missing_required_parameter",
      "messages[0].role",
    ],
    [
      "an unknown role",
      { ...ok, messages: [...hello, { role: "robot", content: "" }] },
      "invalid_value",
      "messages[1].role",
    ],
    [
      "no content",
      { ...ok, messages: [{ role: "user" }] },
      "missing_required_parameter",
      "messages[0].content",
    ],
    [
      "content of null",
      { ...ok, messages: [{ role: "user", content: null }] },
      "invalid_type",
      "messages[0].content",
    ],
    [
      "a part that is no object",
      { ...ok, messages: [{ role: "user", content: ["x"] }] },
      "invalid_type",
      "messages[0].content[0]",
    ],
    ["max_tokens of 0", { ...ok, max_tokens: 0 }, "invalid_value", "max_tokens"],
    ["max_tokens in words", { ...ok, max_tokens: "inf" }, "invalid_type", "max_tokens"],
    ["n beyond the most", { ...ok, n: 129 }, "invalid_value", "n"],
    ["stream in words", { ...ok, stream: "yes" }, "invalid_type", "stream"],
    ["a stop that is no string", { ...ok, stop: [4] }, "invalid_type", "stop"],
    [
      "a forced tool call",
      { ...ok, tool_choice: "required" },
      "unsupported_parameter",
      "tool_choice",
    ],
    [
      "a JSON Schema",
      { ...ok, response_format: { type: "json_schema" } },
      "unsupported_parameter",
      "response_format",
    ],
  ])("%s", async (_, sent, code, param) => {
    const { response, body } = await post(model, sent);

    expect(response.status).toBe(400);
    expect(body).toEqual({
      error: { message: expect.any(String), type: "invalid_request_error", param, code },
    });
  });

  test("says where and what", async () => {
    const { body } = await post(model, { ...ok, messages: [{ role: "robot", content: "" }] });

    expect(body).toMatchObject({
      error: {
        message:
          "'messages[0].role' is 'robot', expected one of system, developer, user, assistant, tool, function.",
      },
    });
  });

  test("an unknown route is a 404 that names the known ones", async () => {
    const { response, body } = await post(model, ok, "/v1/embeddings");

    expect(response.status).toBe(404);
    expect(body).toMatchObject({
      error: { code: "unknown_url", message: expect.stringContaining("/v1/chat/completions") },
    });
  });
});
