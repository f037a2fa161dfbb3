import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ManualClock } from "#emulators/kit/clock.ts";
import type { Emulator } from "#emulators/kit/serve.ts";
import { startModel } from "#emulators/model/start-model.ts";
import { post } from "./ask.ts";

let model: Emulator;
beforeAll(async () => {
  model = await startModel({ clock: new ManualClock(Date.parse("2026-01-01T00:00:00Z")) });
});
afterAll(() => model[Symbol.asyncDispose]());

const hello = [{ role: "user", content: "Hello there" }];

describe("a completion", () => {
  test("has OpenAI's shape and counts tokens", async () => {
    const { response, body } = await post(model, { model: "gpt-4o", messages: hello });

    expect(response.status).toBe(200);
    expect(body).toEqual({
      id: expect.stringMatching(/^chatcmpl-[0-9a-f]{24}$/),
      object: "chat.completion",
      created: 1_767_225_600,
      model: "gpt-4o",
      system_fingerprint: "fp_offline",
      choices: [
        {
          index: 0,
          message: { role: "assistant", content: "Hello there" },
          logprobs: null,
          finish_reason: "stop",
        },
      ],
      usage: { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 },
    });
  });

  test("is the same for the same request", async () => {
    const first = await post(model, { model: "gpt-4o", messages: hello });
    const second = await post(model, { model: "gpt-4o", messages: hello });

    expect(second.body).toEqual(first.body);
  });

  test("is answered under an Azure deployment, whose name is the model", async () => {
    const path = "/openai/deployments/my-gpt/chat/completions?api-version=2024-06-01";
    const { body } = await post(model, { messages: hello }, path);

    expect(body.model).toBe("my-gpt");
  });

  test.each(["/chat/completions", "/openai/v1/chat/completions"])(
    "is answered under %s",
    async (path) => {
      expect((await post(model, { model: "m", messages: hello }, path)).response.status).toBe(200);
    },
  );

  test("ends with reason length at max_tokens, four characters each", async () => {
    const { body } = await post(model, { model: "m", messages: hello, max_tokens: 1 });

    expect(body).toMatchObject({
      choices: [{ message: { content: "Hell" }, finish_reason: "length" }],
      usage: { completion_tokens: 1 },
    });
  });

  test("ends before a stop word", async () => {
    const { body } = await post(model, { model: "m", messages: hello, stop: [" there"] });

    expect(body).toMatchObject({ choices: [{ message: { content: "Hello" } }] });
  });

  test("comes n times", async () => {
    const { body } = await post(model, { model: "m", messages: hello, n: 2 });

    expect(body).toMatchObject({
      choices: [{ index: 0 }, { index: 1 }],
      usage: { completion_tokens: 6 },
    });
  });

  test("is a JSON object where one is asked for", async () => {
    const { body } = await post(model, {
      model: "m",
      messages: hello,
      response_format: { type: "json_object" },
    });

    expect(body).toMatchObject({ choices: [{ message: { content: '{"answer":"Hello there"}' } }] });
  });

  test("reads content in parts and passes over images", async () => {
    const content = [
      { type: "text", text: "Hello" },
      { type: "image_url", image_url: { url: "data:image/png;base64,AA==" } },
    ];
    const { body } = await post(model, { model: "m", messages: [{ role: "user", content }] });

    expect(body).toMatchObject({ choices: [{ message: { content: "Hello" } }] });
  });
});

describe("a stream", () => {
  const events = async (body: object) => {
    const response = await fetch(`${model.url}/v1/chat/completions`, {
      method: "POST",
      body: JSON.stringify({ model: "m", messages: hello, stream: true, ...body }),
    });
    return {
      type: response.headers.get("content-type"),
      lines: (await response.text()).split("\n\n"),
    };
  };

  test("brings the text in pieces and ends with [DONE]", async () => {
    const { type, lines } = await events({});

    expect(type).toBe("text/event-stream; charset=utf-8");
    expect(lines.slice(-2)).toEqual(["data: [DONE]", ""]);
    const chunks = lines.slice(0, -2).map((line) => JSON.parse(line.replace("data: ", "")));
    expect(chunks.map(({ choices }) => choices[0])).toEqual([
      { index: 0, delta: { role: "assistant", content: "" }, logprobs: null, finish_reason: null },
      { index: 0, delta: { content: "Hello" }, logprobs: null, finish_reason: null },
      { index: 0, delta: { content: " there" }, logprobs: null, finish_reason: null },
      { index: 0, delta: {}, logprobs: null, finish_reason: "stop" },
    ]);
  });

  test("counts tokens in one more chunk where asked to", async () => {
    const { lines } = await events({ stream_options: { include_usage: true } });

    expect(JSON.parse((lines.at(-3) ?? "").replace("data: ", ""))).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 },
    });
  });
});

test("lists one model", async () => {
  const response = await fetch(`${model.url}/v1/models`);

  expect(await response.json()).toMatchObject({ object: "list", data: [{ id: "offline" }] });
});

describe("the back door", () => {
  test("shows the requests and breaks the next one", async () => {
    const backDoor = `${model.url}/_emulator`;
    await fetch(`${backDoor}/requests`, { method: "DELETE" });
    await fetch(`${backDoor}/faults`, {
      method: "POST",
      body: JSON.stringify({
        path: "chat",
        do: { status: 429, body: { error: { code: "busy" } } },
      }),
    });

    const broken = await post(model, { model: "m", messages: hello });
    const well = await post(model, { model: "m", messages: hello });

    expect([broken.response.status, well.response.status]).toEqual([429, 200]);
    const { items } = (await (await fetch(`${backDoor}/requests`)).json()) as { items: object[] };
    expect(items).toMatchObject([
      { method: "POST", path: "/v1/chat/completions", status: 429 },
      { method: "POST", path: "/v1/chat/completions", status: 200 },
    ]);
  });
});

test("answers only after its latency", async () => {
  const clock = new ManualClock(0);
  const waiting = Promise.withResolvers<number>();
  await using slow = await startModel({
    latencyMs: 500,
    clock: {
      now: () => clock.now(),
      until: (at) => clock.until(at),
      work: (name, run) => clock.work(name, run),
      pause(at) {
        waiting.resolve(at);
        return clock.pause(at);
      },
    },
  });
  const asked = post(slow, { model: "m", messages: hello });

  expect(await waiting.promise).toBe(500);
  clock.advance(500);
  expect((await asked).response.status).toBe(200);
});
