import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { createUploadData } from "#activities/upload-data.ts";
import type { App } from "#domain/bundle/bundle.ts";
import { anApp, aRunSpec, BUNDLE, files } from "#kit/apps.ts";
import { collect } from "#kit/collect.ts";

async function upload(
  app: Partial<App> = {},
  dataset = { name: "qa/data.jsonl", blob: "id/data-0.jsonl" },
) {
  const uploaded: string[] = [];
  const { run } = createUploadData(
    { read: async () => anApp(app) },
    { open: async () => Readable.from([Buffer.from("snap"), Buffer.from("shot")]) },
    {
      async uploadFile(name, open) {
        const content = Buffer.concat(await collect(await open()));
        uploaded.push(`${name}: ${content}`);
        return { uri: `azureml://${name}` };
      },
      async uploadFolder({ name, files: inside }) {
        uploaded.push(`${name}/: ${[...inside.keys()].join(" ")}`);
        return { datastore: "d", path: name, uri: `azureml://${name}` };
      },
    },
  );
  const job = { id: "qa-0123456789ab", app: "qa", bundle: BUNDLE };
  return { ...(await run({ ...job, dataset })), uploaded };
}

function evaluationData(data: string | null) {
  return { evaluationRun: aRunSpec({ file: "qa/run_evaluation.yml", flow: "grade", data }) };
}

test("the dataset stands for the evaluation's data where both are the same file", async () => {
  expect(await upload()).toEqual({
    base: "azureml://data.jsonl",
    evaluation: "azureml://data.jsonl",
    uploaded: ["data.jsonl: snapshot"],
  });
});

test("an evaluation without data of its own brings none", async () => {
  expect((await upload(evaluationData(null))).evaluation).toBeNull();
});

test("an evaluation with another file brings that one", async () => {
  const app = {
    ...evaluationData("grade/truth.jsonl"),
    files: files({ "grade/truth.jsonl": "truth" }),
  };
  const { evaluation, uploaded } = await upload(app);
  expect(evaluation).toBe("azureml://truth.jsonl");
  expect(uploaded).toEqual(["data.jsonl: snapshot", "truth.jsonl: truth"]);
});

test("an evaluation with a folder of data brings the folder", async () => {
  const app = {
    ...evaluationData("truth"),
    files: files({ "truth/a.jsonl": "a", "truths/b": "b" }),
  };
  const { evaluation, uploaded } = await upload(app);
  expect(evaluation).toBe("azureml://truth/");
  expect(uploaded[1]).toBe("truth/: a.jsonl");
});

test.each(["azureml:truth:1", "https://example.org/truth.jsonl"])(
  "%s is the service's to read",
  async (data) => {
    expect((await upload(evaluationData(data))).evaluation).toBe(data);
  },
);

test("data that is not in the app is refused with the file that names it", async () => {
  await expect(upload(evaluationData("nope.jsonl"))).rejects.toMatchObject({
    code: "BUNDLE_INVALID",
    message: "qa/run_evaluation.yml: data: nope.jsonl is not in the app.",
    where: { file: "qa/run_evaluation.yml" },
  });
});

test("a snapshot says by its ending which format it has", async () => {
  const dataset = { name: "uploads/mine.csv", blob: "id/data-0.jsonl" };
  expect((await upload({}, dataset)).base).toBe("azureml://mine.jsonl");
});
