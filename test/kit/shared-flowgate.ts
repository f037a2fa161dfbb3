import { expect, inject } from "vitest";
import type { BundleFiles } from "#domain/bundle/bundle.ts";
import { pipelineId } from "#domain/naming.ts";
import type { Pipeline } from "#domain/pipeline.ts";
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
  expect(await pathsAbout(app)).toEqual([]);
}

/** What Azure ML was asked about runs, models and endpoints of this app, and not of one whose name contains its own. */
async function pathsAbout(app: string): Promise<readonly string[]> {
  const own = new RegExp(`/${app}(-(model|endpoint|[0-9a-f]{12}))?([-/]|$)`);
  const paths = (await backDoor.requests()).map(({ path }) => path.split("?")[0] ?? "");
  return paths.filter((path) => own.test(path));
}

/** Uploads a bundle that is new; answers its digest. */
export async function uploaded(app: string, files: BundleFiles = aPythonApp({ name: app })) {
  const { status, body } = await flowgate.upload(app, files);
  expect(status).toBe(201);
  return body.digest;
}

/** A pipeline that is ready to be started, and whose id is known before: faults can name what it will create. */
export async function aboutToStart(app: string, files: BundleFiles = aPythonApp({ name: app })) {
  const bundle = await uploaded(app, files);
  const identity = { app, bundle, data: null, repository: null, sha: null, attempt: 1 };
  const id = pipelineId({ ...identity, deploy: true });
  return {
    id,
    bundle,
    async run(): Promise<Pipeline> {
      const started = await flowgate.start({ app, bundle, deploy: true });
      expect(started).toMatchObject({ status: 202, body: { id } });
      return flowgate.follow(id);
    },
  };
}

const OF_TESTS = new Set(["session", "runtime", "computeInstance"]);
const OF_PRODUCTION = new Set(["model", "endpoint", "deployment"]);

/** Nothing that a test environment is made of is left in Azure ML. */
export async function expectNothingLeft({ app, id, resources }: Pipeline) {
  const left = (await backDoor.inventoryOf(app, [id])).filter(({ kind }) => OF_TESTS.has(kind));
  expect(left).toEqual([]);
  const states = resources.filter(({ kind }) => OF_TESTS.has(kind)).map(({ state }) => state);
  expect(new Set(states)).toEqual(new Set(states.length > 0 ? ["deleted"] : []));
}

/** Neither registry nor endpoints of Azure ML were even asked about the app. */
async function expectNothingDeployed(app: string) {
  const there = await backDoor.inventoryOf(app);
  expect(there.filter(({ kind }) => OF_PRODUCTION.has(kind))).toEqual([]);
  const asked = await pathsAbout(app);
  expect(asked.filter((path) => /\/(models|onlineEndpoints)\//.test(path))).toEqual([]);
}

/** It could not measure: an error, no deployment, nothing left. */
export async function expectErrorEnd(pipeline: Pipeline, error: Readonly<Record<string, unknown>>) {
  expect(pipeline).toMatchObject({
    status: "failed",
    stage: "done",
    verdict: { outcome: "error" },
    deployment: null,
    error,
  });
  expect(pipeline.verdict?.reasons[0]).toBe(pipeline.error?.message);
  expect(pipeline.steps.filter(({ endedAt }) => endedAt === null)).toEqual([]);
  await expectNothingLeft(pipeline);
  await expectNothingDeployed(pipeline.app);
}
