import { expect, test } from "vitest";
import { HOST, run } from "./client.ts";

test("callHttp results in status, headers without the content's own, and content", async () => {
  const url = `${HOST}/api/show/5/part`;
  const { output } = await run("callsHttp", { url, method: "POST", body: "told" });
  const { statusCode, headers, content } = output as {
    statusCode: number;
    headers: Record<string, string>;
    content: string;
  };
  expect(statusCode).toBe(201);
  expect(headers).toMatchObject({ "x-kind": "shown" });
  expect(Object.keys(headers).map((name) => name.toLowerCase())).not.toContain("content-type");
  expect(JSON.parse(content)).toMatchObject({ params: { id: "5", part: "part" }, body: "told" });
});

test("an answer that is no success is a result too", async () => {
  const { output } = await run("callsHttp", { url: `${HOST}/api/nowhere` });
  expect(output).toMatchObject({ statusCode: 404, content: "" });
});
