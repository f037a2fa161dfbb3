import { expect, inject, test } from "vitest";
import { zipOf } from "#kit/app-folder.ts";
import { flowgateAt, type UploadedBundle } from "#kit/flowgate.ts";
import { aPythonApp } from "#kit/python-app.ts";
import { expectNothingBegan, expectProblem, uploaded } from "#kit/shared-flowgate.ts";

const flowgate = flowgateAt(inject("stack").functions);
const MIB = 1024 * 1024;

/** Without a length, as from a program that makes its zip while it sends it. */
const putInChunks = (path: string, chunks: Iterable<Uint8Array>) =>
  flowgate.call<UploadedBundle>(path, {
    method: "PUT",
    body: ReadableStream.from(chunks),
    duplex: "half",
  } as RequestInit);

test("a bundle may come in chunks", async () => {
  const zip = new Uint8Array(zipOf(aPythonApp({ name: "in-chunks" })));
  const answer = await putInChunks("/apps/in-chunks/bundles", [
    zip.slice(0, 100),
    zip.slice(100, 101),
    zip.slice(101),
  ]);

  expect(answer).toMatchObject({ status: 201, body: { app: "in-chunks" } });
});

test("of 30 MiB in chunks no more is read than a bundle may have: 413", async () => {
  const chunks = Array.from({ length: 30 }, () => new Uint8Array(MIB));
  const answer = await putInChunks("/apps/heavy-in-chunks/bundles", chunks);

  expectProblem(answer, 413, "BUNDLE_TOO_LARGE", []);
  await expectNothingBegan("heavy-in-chunks");
});

test("a pipeline's request may come in chunks", async () => {
  const answer = await flowgate.call("/pipelines", {
    method: "POST",
    body: ReadableStream.from([
      Buffer.from('{"app": "nobodys-'),
      Buffer.from('app", "bundle": "latest"}'),
    ]),
    duplex: "half",
  } as RequestInit);

  expectProblem(answer, 404, "APP_UNKNOWN", []);
});

test("the app of a bundle is that of the path, whatever the query calls so", async () => {
  const zip = new Uint8Array(zipOf(aPythonApp({ name: "of-the-path" })));
  const answer = await putInChunks("/apps/of-the-path/bundles?app=of-the-query&App=x", [zip]);

  expect(answer).toMatchObject({ status: 201, body: { app: "of-the-path" } });
  await expectUnknown("of-the-query");
});

test("the app of a bundle is that of the path, whatever a JSON body calls so", async () => {
  await uploaded("mine");
  const answer = await flowgate.call("/apps/Not-An-App/bundles", {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: '{"app": "mine"}',
  });

  expectProblem(answer, 400, "REQUEST_INVALID");
});

test("a pipeline is that of the path, whatever the query calls so", async () => {
  const bundle = await uploaded("by-path");
  const start = (attempt: number) => flowgate.start({ app: "by-path", bundle, attempt });
  const [one, other] = [(await start(1)).body.id, (await start(2)).body.id];
  const answer = await flowgate.call(`/pipelines/${one}?id=${other}&ID=${other}`);
  const rows = await flowgate.call(`/pipelines/nobody-0123456789ab/rows?id=${other}`);

  expect(answer).toMatchObject({ status: 200, body: { id: one } });
  expectProblem(rows, 404, "PIPELINE_UNKNOWN", []);
  await Promise.all([one, other].map((id) => flowgate.follow(id)));
});

test("HEAD is answered, as by the real host, with 404", async () => {
  expect(await flowgate.call("/health", { method: "HEAD" })).toMatchObject({
    status: 404,
    body: "",
  });
});

async function expectUnknown(app: string) {
  expectProblem(await flowgate.start({ app, bundle: "latest" }), 404, "APP_UNKNOWN", []);
}
