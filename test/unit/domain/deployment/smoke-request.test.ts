import { describe, expect, test } from "vitest";
import { judgeAnswer, readSmokeRequest } from "#domain/deployment/smoke-request.ts";
import { anApp } from "#kit/deployment-app.ts";

describe("the smoke request", () => {
  test("is the app's sample request", () => {
    expect(readSmokeRequest(anApp())).toEqual({ inputs: { question: "why?" }, mayQuote: true });
  });

  test("without a sample is the first row as the run maps it, and nothing of it is quoted", () => {
    const app = anApp({
      "deployment/sample-request.json": null,
      "qa/run.yml":
        "flow: .\ndata: data.jsonl\ncolumn_mapping: { text: '${data.question}', mode: strict }\n",
    });

    expect(readSmokeRequest(app)).toEqual({
      inputs: { question: "first?", answer: "A", text: "first?", mode: "strict" },
      mayQuote: false,
    });
  });

  test("that is no JSON object is refused", () => {
    expect(() => readSmokeRequest(anApp({ "deployment/sample-request.json": "[1]" }))).toThrow(
      expect.objectContaining({
        code: "MANIFEST_INVALID",
        message:
          "deployment/sample-request.json:1: is an array; it has to be a JSON object, in { }, of the flow's inputs.",
      }),
    );
  });

  test("that the manifest names and the bundle lacks is refused when it is uploaded", () => {
    expect(() => anApp({ "flowgate.yaml": "deploy: { smoke: ask.json }\n" })).toThrow(
      expect.objectContaining({
        code: "MANIFEST_INVALID",
        problems: [
          {
            file: "flowgate.yaml",
            line: 1,
            path: "deploy.smoke",
            message: "ask.json is not in the bundle",
          },
        ],
      }),
    );
  });
});

describe("an answer", () => {
  const answer = (status: number, text: string, reason: string | null = null) =>
    judgeAnswer({ status, text, reason, requestId: "r" }, true);

  test.each([
    [200, '{"category":"App"}', true, "answered 200 with category"],
    [200, '{"category":"App","evidence":null}', true, "answered 200 with category"],
    [200, '{"count":0,"flag":false}', true, "answered 200 with count, flag"],
    [200, '{"category":null}', false, "answered 200 with only nulls (category)"],
    [200, "{}", false, "answered 200 with no outputs"],
    [200, "[1]", false, "answered 200 without a JSON object: [1]"],
    [200, "<html>", false, "answered 200 without a JSON object: <html>"],
    [202, '{"a":1}', false, 'answered 202: {"a":1}'],
    [424, '{"error":{"code":"UserError","message":"no url"}}', false, "answered 424: no url"],
    [503, "", false, "answered 503"],
  ])("%i %s is good: %s", (status, text, ok, message) => {
    expect(answer(status, text)).toEqual({ ok, message: ok ? message : `${message} (request r)` });
  });

  test("is quoted with 200 characters at most", () => {
    expect(answer(500, "x".repeat(5_000)).message).toBe(
      `answered 500: ${"x".repeat(200)} (request r)`,
    );
  });

  test("to a row of the dataset is not quoted", () => {
    const row = { status: 424, text: "the row", reason: "why", requestId: "r" };

    expect(judgeAnswer(row, false).message).toBe("answered 424 (request r)");
  });

  test("without words tells what the front end says of the container", () => {
    expect(answer(424, '{"error":{}}', "model_error").message).toBe(
      "answered 424: model_error (request r)",
    );
  });
});
