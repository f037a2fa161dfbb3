import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createBuiltinEngine } from "#emulators/azure-ml/engine/builtin/builtin-engine.ts";
import { Environments } from "#emulators/azure-ml/engine/environment/environments.ts";
import { aFlow, aTool, ref } from "./a-flow.ts";

const { env: HERE } = process;
const PYTHON = ["python3", join(import.meta.dirname, "fake_python.py")];
const dag = `
inputs:
  name: {type: string}
outputs:
  text: {type: string, reference: "${ref("greet.output")}"}
nodes:
- name: greet
  type: python
  source: {type: code, path: greet.py}
  inputs: {name: "${ref("inputs.name")}"}
`;
const greet = `import greeting\n${aTool("def run(name)", 'return f"{greeting.WORD}, {name}"')}`;

/** An engine over the fake Python, a flow that imports `greeting`, and what was said meanwhile. */
async function aStand(files: Record<string, string>, pip = "") {
  const flow = await aFlow({ "flow.dag.yaml": dag, "greet.py": greet, ...files });
  const folder = await mkdtemp(join(tmpdir(), "flowgate-test-environments-"));
  const log: string[] = [];
  const console: string[] = [];
  const env = { ...HERE, FAKE_PIP: pip };
  const environments = new Environments({ folder, env, report: (line) => console.push(line) });
  const engine = createBuiltinEngine({
    python: PYTHON,
    modelUrl: "http://127.0.0.1:9",
    env,
    environments,
  });
  return {
    log,
    console,
    folder,
    load: () => engine.load({ folder: flow.folder, file: flow.file, log: (l) => log.push(l) }),
    prepare: () =>
      engine.prepare?.({ folder: flow.folder, file: flow.file, log: (l) => log.push(l) }),
    async [Symbol.asyncDispose]() {
      await flow[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const installed = [
  /^Installing greeting==1\.0 into /,
  /^pip: Collecting greeting==1\.0$/,
  /^pip: Successfully installed greeting-1\.0$/,
  /^Installed in \d+ s\.$/,
].map((line) => expect.stringMatching(line));

test("what requirements.txt names and Python lacks is installed, and the flow imports it", async () => {
  await using stand = await aStand({ "requirements.txt": "promptflow==1.17.0\ngreeting==1.0\n" });
  await using flow = await stand.load();
  expect(await flow.serve({ name: "Ada" })).toMatchObject({ outputs: { text: "hello, Ada" } });
  expect(stand.console).toEqual(installed);
  expect(stand.log).toEqual([
    ...installed.slice(0, 2),
    "pip: Using a wheel",
    ...installed.slice(2),
  ]);
});

test("the same requirements are not installed twice, also by another process", async () => {
  await using stand = await aStand({ "requirements.txt": "greeting==1.0\n" });
  await stand.prepare();
  stand.log.length = 0;
  await (await stand.load())[Symbol.asyncDispose]();
  expect(stand.log).toEqual([]);

  const again = new Environments({ folder: stand.folder, env: { FAKE_PIP: "no venv" } });
  const wanted = {
    folder: stand.folder,
    packages: [{ text: "greeting==1.0", name: "greeting", where: "requirements.txt:1" }],
    options: [],
  };
  const [environment = ""] = await readdir(stand.folder);
  expect(await again.pythonWith(wanted, PYTHON, () => {})).toBe(
    join(stand.folder, environment, "bin", "python"),
  );
});

test("two runs at once share one installation", async () => {
  await using stand = await aStand({ "requirements.txt": "greeting==1.0\n" });
  await Promise.all([stand.prepare(), stand.prepare()]);
  expect(stand.console).toEqual(installed);
  expect(stand.log).toContain("Waiting for the packages that another run installs.");
});

test("an environment that was interrupted is made anew", async () => {
  await using failing = await aStand({ "requirements.txt": "greeting==1.0\n" }, "unknown");
  await expect(failing.prepare()).rejects.toThrow();
  expect(await readdir(failing.folder)).toHaveLength(1);
  const environments = new Environments({ folder: failing.folder, env: HERE });
  const wanted = {
    folder: failing.folder,
    packages: [{ text: "greeting==1.0", name: "greeting", where: "requirements.txt:1" }],
    options: [],
  };
  const python = await environments.pythonWith(wanted, PYTHON, () => {});
  expect(existsSync(String(python))).toBe(true);
});

test.each([
  { what: "no requirements.txt", files: {} },
  {
    what: "only prompt flow's own packages",
    files: { "requirements.txt": "promptflow[azure]==1.1\npromptflow_tools\n" },
  },
  {
    what: "what this Python has",
    files: { "requirements.txt": "# nothing\ngreeting; python_version < '3'\n" },
  },
])("nothing is installed for $what", async ({ files }) => {
  await using stand = await aStand({ ...files, "greet.py": aTool("def run(name)", "return name") });
  await stand.prepare();
  await using flow = await stand.load();
  expect(await flow.serve({ name: "Ada" })).toMatchObject({ outputs: { text: "Ada" } });
  expect(stand.log).toEqual([]);
  expect(await readdir(stand.folder)).toEqual([]);
});

test("the flow may name another file, with options and further files in it", async () => {
  const environment = "environment: {python_requirements_txt: needs.txt}\n";
  await using stand = await aStand({
    "flow.dag.yaml": `${environment}${dag}`,
    "needs.txt": "--extra-index-url https://packages.example/simple\n-r more/also.txt\n",
    "more/also.txt": "greeting \\\n  ==1.0  # of the sample\n",
    "requirements.txt": "not-this-one\n",
  });
  await stand.prepare();
  expect(stand.log).toContain("pip: Collecting --extra-index-url https://packages.example/simple");
  expect(stand.log).toContain("pip: Collecting greeting   ==1.0");
  expect(stand.log.join()).not.toContain("not-this-one");
});

test("a requirements file that is named and not there is a failure of the environment", async () => {
  const environment = "environment: {python_requirements_txt: needs.txt}\n";
  await using stand = await aStand({ "flow.dag.yaml": `${environment}${dag}` });
  await expect(stand.prepare()).rejects.toThrow(
    "flow.dag.yaml names the requirements file needs.txt (environment.python_requirements_txt), and it is not in the flow's folder.",
  );
});

const codes = ["BadArgument", "ArgumentInvalid", "AutomaticRuntimeFailed"];

test.each([
  {
    pip: "no network",
    message:
      "pip cannot reach its package index to install 'greeting==9' (requirements.txt:2). Check the network; pip's own settings (PIP_INDEX_URL, PIP_PROXY) are used.",
  },
  {
    pip: "unknown",
    message:
      "pip cannot install 'greeting==9' (requirements.txt:2): No matching distribution found for greeting==9. Correct the requirement; the run's log has all that pip said.",
  },
  {
    pip: "conflict",
    message:
      "pip cannot install 'greeting==9' (requirements.txt:2): Cannot install greeting and other because these package versions have conflicting dependencies. Correct the requirement; the run's log has all that pip said.",
  },
  {
    pip: "no venv",
    message: `The flow needs packages, and '${PYTHON.join(" ")}' cannot make an environment for them: its venv or pip is missing. Install python3-venv (Debian, Ubuntu), or set FLOWGATE_PYTHON to a Python that has both.`,
  },
])("$pip: the failure says which requirement and what to do", async ({ pip, message }) => {
  await using stand = await aStand({ "requirements.txt": "# ours\ngreeting==9\n" }, pip);
  await expect(stand.prepare()).rejects.toMatchObject({
    body: { message, code: "UserError", innerCodes: codes },
  });
});

test("a Python that cannot be started is a failure of the environment", async () => {
  await using flow = await aFlow({ "requirements.txt": "greeting\n", "flow.dag.yaml": dag });
  const environments = new Environments({ folder: join(flow.folder, "python") });
  const engine = createBuiltinEngine({
    python: "no-python-here",
    modelUrl: "http://127.0.0.1:9",
    environments,
  });
  await expect(engine.prepare?.({ folder: flow.folder, file: flow.file })).rejects.toMatchObject({
    body: {
      message: expect.stringMatching(/^Python cannot be started as 'no-python-here'/),
      innerCodes: codes,
    },
  });
});

test("a module that no requirements file names stays an error of the flow", async () => {
  await using stand = await aStand({});
  await expect(stand.load()).rejects.toMatchObject({
    body: {
      message: expect.stringContaining(
        "The module 'greeting' is missing: add its package to the flow's requirements.txt",
      ),
      innerCodes: ["ToolValidationError", "PythonParsingError", "PythonLoadError"],
    },
  });
});
