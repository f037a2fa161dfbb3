import { HttpRequest } from "@azure/functions";
import { describe, expect, test } from "vitest";
import { PageQuery, readBytes, readQuery, readRoute } from "#functions/read-request.ts";

describe("names of the route", () => {
  const request = (url: string) =>
    new HttpRequest({ method: "GET", url, params: { id: "other", app: "other" } });

  test.each([
    ["http://h/api/pipelines/web-1/rows", "web-1"],
    ["http://h/api/pipelines/web-1/rows/?id=other&app=x", "web-1"],
    ["http://h/PIPELINES/a%20b/Rows", "a b"],
    ["http://h/deep/prefix/pipelines/100%25/rows", "100%"],
    ["http://h/api/pipelines/100%/rows", "100%"],
    ["http://h/rows", ""],
  ])("come from the path alone: %s", (url, id) => {
    expect(readRoute(request(url), "pipelines/{id}/rows")).toEqual({ id });
  });
});

test("a parameter that is given twice counts as both", () => {
  const request = new HttpRequest({ method: "GET", url: "http://h/api/pipelines?top=1&top=2" });

  expect(() => readQuery(request, PageQuery)).toThrow("The query is not valid.");
});

test("a body that is too long is read on, so that its sender hears the answer", async () => {
  const { promise: sent, resolve } = Promise.withResolvers<string>();
  async function* chunks() {
    try {
      for (let n = 0; n < 40; n += 1) yield new Uint8Array(10);
      resolve("whole");
    } finally {
      resolve("cut off");
    }
  }
  const request = {
    headers: new Headers(),
    body: ReadableStream.from(chunks()),
  } as unknown as HttpRequest;

  await expect(readBytes(request, 100, () => new Error("too long"))).rejects.toThrow("too long");
  expect(await sent).toBe("whole");
});
