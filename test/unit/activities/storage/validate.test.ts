import { describe, expect, test } from "vitest";
import { createValidate } from "#activities/validate.ts";
import { PipelineError } from "#domain/errors.ts";
import { readApp } from "#domain/manifest/read-app.ts";
import { anAppFolder } from "#kit/app-folder.ts";
import { collect } from "#kit/collect.ts";

/** Columns are no matter of most tests here. */
const UNMAPPED = { "web/run_evaluation.yml": "flow: ../evaluation/accuracy\n" };

function aValidation(differences: Record<string, string | null> = {}, blob = "") {
  const app = readApp(anAppFolder({ ...UNMAPPED, ...differences }), "web");
  const kept = new Map<string, string>();
  const { run } = createValidate(
    { read: async () => app },
    {
      async open({ etag }) {
        if (etag === "old") throw new PipelineError("DATA_CHANGED", "changed");
        return (async function* () {
          yield Buffer.from(blob);
        })();
      },
    },
    {
      async writeSnapshot(id, dataset, lines) {
        const name = `${id}/data-${dataset}.jsonl`;
        kept.set(name, (await collect(lines)).join(""));
        return name;
      },
    },
  );
  const job = { id: "web-1", app: "web", bundle: app.digest };
  return { run, job, kept };
}

describe("validate", () => {
  test("keeps the run YAML's dataset and answers its size and digest", async () => {
    const { run, job, kept } = aValidation({ "web/data.jsonl": '{"a": 1}\n\n{"a": 2}' });

    expect(await run({ ...job, data: null })).toEqual({
      variants: [null],
      datasets: [
        {
          name: "web/data.jsonl",
          rows: 2,
          // printf '{"a": 1}\n\n{"a": 2}' | sha256sum
          digest: "sha256:c4084da8868272cd0e515531abefcb03a5ae595c32a9d4294e17f2c309f754ce",
          blob: "web-1/data-0.jsonl",
        },
      ],
    });
    expect([...kept]).toEqual([["web-1/data-0.jsonl", '{"a": 1}\n{"a": 2}\n']]);
  });

  test("takes the manifest's datasets and variants", async () => {
    const { run, job } = aValidation({
      "flowgate.yaml": "datasets: [one.jsonl, two.csv]\nvariants: ['${ask.a}']\n",
      "web/flow.dag.yaml": "node_variants: {ask: {variants: {a: {}}}}\n",
      "one.jsonl": "{}\n",
      "two.csv": "a\n1\n2\n",
    });

    expect(await run({ ...job, data: null })).toMatchObject({
      variants: ["${ask.a}"],
      datasets: [
        { name: "one.jsonl", rows: 1, blob: "web-1/data-0.jsonl" },
        { name: "two.csv", rows: 2, blob: "web-1/data-1.jsonl" },
      ],
    });
  });

  test("takes only the blob where the request named one", async () => {
    const { run, job } = aValidation({}, '{"a": 1}\n{"a": 2}\n{"a": 3}\n');

    expect(await run({ ...job, data: { blob: "web/data.jsonl", etag: "new" } })).toMatchObject({
      datasets: [{ name: "web/data.jsonl", rows: 3 }],
    });
  });

  test("ends with DATA_CHANGED when the blob is another one by now", async () => {
    const { run, job } = aValidation();

    await expect(
      run({ ...job, data: { blob: "web/data.jsonl", etag: "old" } }),
    ).rejects.toMatchObject({ code: "DATA_CHANGED" });
  });

  test("refuses a dataset without rows", async () => {
    const { run, job } = aValidation({ "web/data.jsonl": "\n\n" });

    await expect(run({ ...job, data: null })).rejects.toMatchObject({
      code: "DATA_INVALID",
      message: "web/data.jsonl has no rows.",
      where: { file: "web/data.jsonl" },
    });
  });

  test("refuses a bad line with file and line", async () => {
    const { run, job } = aValidation({ "web/data.jsonl": "{}\n{\n" });

    await expect(run({ ...job, data: null })).rejects.toMatchObject({
      code: "DATA_INVALID",
      where: { file: "web/data.jsonl", line: 2 },
    });
  });

  test("refuses to go on without any dataset", async () => {
    const { run, job } = aValidation({ "web/run.yml": "flow: .\n" });

    await expect(run({ ...job, data: null })).rejects.toMatchObject({ code: "DATA_INVALID" });
  });
});
