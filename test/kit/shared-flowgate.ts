import { expect, inject } from "vitest";
import type { BundleFiles } from "#domain/bundle/bundle.ts";
import { backDoorAt } from "./back-door.ts";
import { type ApiAnswer, flowgateAt } from "./flowgate.ts";
import { aPythonApp } from "./python-app.ts";

const stack = inject("stack");
const flowgate = flowgateAt(stack.functions);
const backDoor = backDoorAt(stack);

/** Holds an answer to RFC 9457; `problems` are all of them where they are given. */
export function expectProblem(
  answer: ApiAnswer,
  status: number,
  code: string,
  problems: unknown = expect.any(Array),
) {
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  expect(answer.status).toBe(status);
  expect(answer.body).toEqual({
    type: `urn:flowgate:error:${code}`,
    title: expect.stringMatching(/^[A-Z].{5,}/),
    status,
    detail: expect.stringMatching(/^[^{]+\.$/),
    code,
    problems,
  });
}

/** Azure ML has not heard of the app, and no pipeline of it is listed. */
export async function expectNothingBegan(app: string) {
  expect((await flowgate.list({ app })).body).toEqual({ items: [], next: null });
  expect(await backDoor.inventoryOf(app)).toEqual([]);
  expect((await backDoor.requests()).filter(({ path }) => path.includes(app))).toEqual([]);
}

/** Uploads a bundle that is new; answers its digest. */
export async function uploaded(app: string, files: BundleFiles = aPythonApp({ name: app })) {
  const { status, body } = await flowgate.upload(app, files);
  expect(status).toBe(201);
  return body.digest;
}
