import { type AsyncZippable, zip as zipAsync, zipSync } from "fflate";
import { describe, expect, inject, test } from "vitest";
import { flowgateAt } from "#kit/flowgate.ts";
import { aPythonApp } from "#kit/python-app.ts";
import { expectNothingBegan, expectProblem } from "#kit/shared-flowgate.ts";

const flowgate = flowgateAt(inject("stack").functions);
const MIB = 1024 * 1024;

const putBytes = (app: string, body: Uint8Array<ArrayBuffer> | string) =>
  flowgate.call(`/apps/${app}/bundles`, { method: "PUT", body });

const packed = (files: AsyncZippable) =>
  new Promise<Uint8Array>((resolve, reject) => {
    zipAsync(files, (error, bytes) => (error ? reject(error) : resolve(bytes)));
  });

describe("a body that is no app folder is refused", () => {
  const zip = (files: Readonly<Record<string, Uint8Array>>) =>
    new Uint8Array(zipSync({ ...Object.fromEntries(aPythonApp({ name: "x" })), ...files }));

  test.each([
    ["no zip", "no-zip", "this is no zip"],
    ["nothing", "no-body", ""],
    ["an empty zip", "empty-zip", new Uint8Array(zipSync({}))],
    ["half a zip", "half-zip", zip({}).slice(0, 900)],
  ])("%s", async (_, app, body) => {
    expectProblem(await putBytes(app, body), 400, "BUNDLE_INVALID");
    await expectNothingBegan(app);
  });

  test("an entry that escapes the folder, by its name", async () => {
    const answer = await putBytes("escape", zip({ "../../etc/cron.d/job": Buffer.from("x") }));

    expectProblem(answer, 400, "BUNDLE_INVALID", [
      { file: "../../etc/cron.d/job", message: "leads out of the app folder" },
    ]);
    await expectNothingBegan("escape");
  });

  test("a symbolic link, by its name", async () => {
    const link = { "shout/link": [Buffer.from("/etc/passwd"), { os: 3, attrs: 0o120777 << 16 }] };
    const answer = await putBytes(
      "link",
      new Uint8Array(zipSync(link as unknown as Record<string, Uint8Array>)),
    );

    expectProblem(answer, 400, "BUNDLE_INVALID", [
      { file: "shout/link", message: "is a symbolic link; zip the file itself" },
    ]);
    await expectNothingBegan("link");
  });
});

describe("a bundle over a limit is a 413", () => {
  const withApp = (app: string, files: Readonly<Record<string, Uint8Array>>) =>
    new Map([...aPythonApp({ name: app }), ...Object.entries(files)]);

  test("20 MiB zipped", async () => {
    const answer = await putBytes("heavy", new Uint8Array(20 * MIB + 1));

    expectProblem(answer, 413, "BUNDLE_TOO_LARGE", []);
    await expectNothingBegan("heavy");
  });

  test("2,000 files", async () => {
    const many = Array.from({ length: 2_000 }, (_, index) => [`shout/f${index}`, Buffer.from("x")]);
    const answer = await flowgate.upload("many", withApp("many", Object.fromEntries(many)));

    expectProblem(answer, 413, "BUNDLE_TOO_LARGE", []);
    await expectNothingBegan("many");
  });

  test("100 MiB unpacked, however small the zip is", async () => {
    const files = withApp("bomb", { "shout/bomb.bin": new Uint8Array(100 * MIB) });
    // Not in one go: the host closes connections on which this process is silent for too long.
    const bomb = new Uint8Array(await packed(Object.fromEntries(files)));
    expect(bomb.byteLength).toBeLessThan(MIB);

    expectProblem(await putBytes("bomb", bomb), 413, "BUNDLE_TOO_LARGE", []);
    await expectNothingBegan("bomb");
  });
});

describe("an app that is not sound is refused with file and line", () => {
  test("a flow that is not there", async () => {
    const app = aPythonApp({ name: "no-flow", overlay: { "shout/flow.dag.yaml": null } });
    const answer = await flowgate.upload("no-flow", app);

    expectProblem(answer, 400, "BUNDLE_INVALID", [
      {
        file: "shout/run.yml",
        line: 1,
        path: "flow",
        message: ". has no flow.dag.yaml; only DAG flows can be run",
      },
    ]);
    await expectNothingBegan("no-flow");
  });

  test("no run YAML at all", async () => {
    const app = aPythonApp({ name: "no-run", overlay: { "shout/run.yml": null } });
    const answer = await flowgate.upload("no-run", app);

    expectProblem(answer, 400, "MANIFEST_INVALID", [
      {
        file: "flowgate.yaml",
        line: 1,
        path: "run",
        message: "no */run.yml in the app folder; name the run YAML of the flow with run:",
      },
    ]);
    await expectNothingBegan("no-run");
  });

  test.each([
    "flowgate.yaml",
    "shout/run.yml",
    "shout/flow.dag.yaml",
    "check/flow.dag.yaml",
    "deployment/deployment.yaml",
  ])("YAML that does not parse: %s", async (file) => {
    const name = `parse-${file.replaceAll(/[^a-z]/g, "")}`;
    const overlay = { [file]: "flow: .\n\nnodes: [one\nother: }\n" };
    const answer = await flowgate.upload(name, aPythonApp({ name, overlay }));

    const code = file === "flowgate.yaml" ? "MANIFEST_INVALID" : "BUNDLE_INVALID";
    expectProblem(answer, 400, code, [{ file, line: 4, message: expect.any(String) }]);
    await expectNothingBegan(name);
  });

  test("everything that is wrong with a manifest, at once", async () => {
    const manifest = [
      "apiVersion: flowgate/v1",
      "name: somebody-else",
      "runTimeout: soon",
      "gate:",
      "  minRows: many",
      "  metrcs: []",
      "deploy:",
      "  rollout: { steps: [50, 10] }",
      "",
    ].join("\n");
    const app = aPythonApp({ name: "manifest", overlay: { "flowgate.yaml": manifest } });
    const answer = await flowgate.upload("manifest", app);

    const problem = (line: number, path: string, message: RegExp) => ({
      file: "flowgate.yaml",
      line,
      path,
      message: expect.stringMatching(message),
    });
    expectProblem(
      answer,
      400,
      "MANIFEST_INVALID",
      expect.arrayContaining([
        problem(2, "name", /somebody-else/),
        problem(3, "runTimeout", /s, m or h|30m/),
        problem(5, "gate.minRows", /number/),
        problem(6, "gate.metrcs", /unknown key metrcs; did you mean metrics\?/),
        problem(8, "deploy.rollout.steps", /100/),
      ]),
    );
    await expectNothingBegan("manifest");
  });
});
