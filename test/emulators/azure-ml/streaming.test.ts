import { Hono } from "hono";
import { describe, expect, test } from "vitest";
import { chooseForm, eventStream } from "#emulators/azure-ml/endpoints/streaming.ts";

const still = { outputs: { answer: "hi" }, streams: {} };
const streaming = { outputs: { answer: "hi", n: 1 }, streams: { answer: ["h", "i"] } };
const events = { form: "events", field: "answer" };
const json = { form: "json" };

describe("what the caller accepts decides the form of the answer", () => {
  test.each([
    [undefined, streaming, json],
    ["*/*", streaming, json],
    ["application/*", streaming, json],
    ["text/event-stream", streaming, events],
    ["application/json, text/event-stream;q=0.5", streaming, events],
    ["application/json, text/event-stream", still, json],
    ["application/json; charset=utf-8", still, json],
  ])("%s", (accept, answer, form) => {
    expect(chooseForm(accept, answer)).toEqual(form);
  });

  test.each([
    ["text/event-stream", still, 406, "Supported media type(s) - application/json"],
    ["image/png;q=0.9, text/*", still, 406, "Media type image/png,text/* in Accept header"],
    ["image/png", streaming, 406, "Supported media type(s) - text/event-stream, application/json"],
    [
      "text/event-stream",
      { outputs: {}, streams: { a: ["x"], b: ["y"] } },
      400,
      "Multiple stream output fields not supported: a, b. Let one output of the flow stream.",
    ],
  ])("%s is refused", (accept, answer, status, message) => {
    expect(chooseForm(accept, answer)).toMatchObject({
      form: "refused",
      status,
      message: expect.stringContaining(message),
    });
  });
});

test("events: first what does not stream, then one for every piece", async () => {
  const app = new Hono().get("/", (c) => eventStream(c, "answer", streaming));
  const response = await app.request("/");

  expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  expect(await response.text()).toBe(
    'data: {"n":1}\n\ndata: {"answer":"h"}\n\ndata: {"answer":"i"}\n\n',
  );
});
