import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { ManualClock } from "#emulators/kit/clock.ts";
import { asking, azure } from "./an-llm-flow.ts";
import { completion, startModel } from "./model-server.ts";
import { runFlow } from "./run-flow.ts";

const refused = (status: number, headers = {}, code = "x") =>
  Response.json({ error: { code, message: "no" } }, { status, headers });

/** The client asks the clock only once it has read an answer, or found that there is none. */
function turn(clock: ManualClock, isWanted: () => boolean): void {
  setImmediate(() => {
    clock.advance(7_000);
    if (isWanted()) turn(clock, isWanted);
  });
}

describe("what goes wrong fails the line in prompt flow's words", () => {
  test.each([
    [400, "BadRequestError"],
    [401, "AuthenticationError"],
    [404, "NotFoundError"],
  ])("a %i at once", async (status, type) => {
    await using model = await startModel(() => refused(status));
    const { lines } = await runFlow(asking(azure), [{ q: "hi" }], {
      engine: { modelUrl: model.url },
    });

    expect(lines[0]?.error).toMatchObject({
      message: `OpenAI API hits ${type}: Error code: ${status} - {"error":{"code":"x","message":"no"}}`,
      code: "UserError",
      innerCodes: ["OpenAIError", type],
    });
    expect(model.calls).toHaveLength(1);
  });

  test("a quota that is used up at once", async () => {
    await using model = await startModel(() => refused(429, {}, "insufficient_quota"));
    const { lines } = await runFlow(asking(azure), [{ q: "hi" }], {
      engine: { modelUrl: model.url },
    });

    expect(lines[0]?.error?.innerCodes).toEqual(["OpenAIError", "RateLimitError"]);
    expect(model.calls).toHaveLength(1);
  });

  test("a 503 after three tries, as far apart as retry-after says", async () => {
    const clock = new ManualClock();
    await using model = await startModel(() => {
      turn(clock, () => model.calls.length < 3);
      return refused(503, { "retry-after": "7" });
    });
    const { lines } = await runFlow(asking(azure), [{ q: "hi" }], {
      engine: { modelUrl: model.url, clock },
      environmentVariables: { PF_LINE_TIMEOUT_SEC: "1000000000" },
    });

    expect(lines[0]?.error?.innerCodes).toEqual(["OpenAIError", "ExceedMaxRetryTimes"]);
    expect(model.calls).toHaveLength(3);
  });

  test("a 429 is tried again", async () => {
    await using model = await startModel(() =>
      model.calls.length === 1
        ? refused(429, { "retry-after": "0" })
        : Response.json(completion("yes")),
    );
    const { lines } = await runFlow(asking(azure), [{ q: "hi" }], {
      engine: { modelUrl: model.url },
    });

    expect(lines[0]?.outputs).toEqual({ out: "yes" });
  });

  test.each([
    ["hello {{q}}", "Current parsed role 'hello hi'"],
    [
      "user:\n{{q.a.b}}\n",
      "Failed to render jinja template 'ask.jinja2' of node 'ask': 'a' is undefined.",
    ],
  ])("the template %j", async (template, message) => {
    const { lines } = await runFlow(asking(azure, template), [{ q: "hi" }]);

    expect(lines[0]?.error?.message).toContain(message);
  });

  test("a connection that is lost in the middle of an answer, after three tries", async () => {
    const clock = new ManualClock();
    let calls = 0;
    const server = createServer((_request, response) => {
      calls += 1;
      turn(clock, () => calls < 3);
      response.writeHead(200, { "content-length": 100 }).write('{"choices":', () => {
        response.destroy();
      });
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const { lines } = await runFlow(asking(azure), [{ q: "hi" }], {
      engine: { modelUrl: `http://127.0.0.1:${port}`, clock },
      environmentVariables: { PF_LINE_TIMEOUT_SEC: "1000000000" },
    });
    server.close();

    expect(lines[0]?.error?.innerCodes).toEqual(["OpenAIError", "ExceedMaxRetryTimes"]);
    expect(lines[0]?.error?.message).toContain("APIConnectionError: Connection error to http://");
    expect(calls).toBe(3);
  });

  test("an answer without a message", async () => {
    await using model = await startModel(() => Response.json({ choices: [] }));
    const { lines } = await runFlow(asking(azure), [{ q: "hi" }], {
      engine: { modelUrl: model.url },
    });

    expect(lines[0]?.error?.message).toBe(
      `The model's answer to node 'ask' has no choices[0].message: {"choices":[]}`,
    );
  });
});
