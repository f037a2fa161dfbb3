import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Azurite, startAzurite } from "./azurite.ts";
import { connect, type Remote } from "./remote.ts";
import { aSubmit, dataAt, WORKSPACE } from "./stand.ts";

const MAIN = new URL("../../../emulators/azure-ml/main.ts", import.meta.url).pathname;

let azurite: Azurite;
let folder: string;
beforeAll(async () => {
  azurite = await startAzurite();
  folder = await mkdtemp(join(tmpdir(), "azure-ml-kill-"));
});
afterAll(async () => {
  await azurite[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

interface Started extends AsyncDisposable {
  readonly url: string;
  kill(): Promise<void>;
}

async function startProcess(port = "0"): Promise<Started> {
  const options = {
    port,
    data: join(folder, "data"),
    storage: azurite.connectionString,
    model: "http://127.0.0.1:9/v1",
    latency: "none",
  };
  const argv = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  const child = spawn(process.execPath, [MAIN, ...argv]);
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await exited;
  };
  return { url: await readyUrl(child), kill, [Symbol.asyncDispose]: kill };
}

function readyUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = "";
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      const url = /is ready at (http:\/\/127\.0\.0\.1:\d+)/.exec(output)?.[1];
      if (url) resolve(url);
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    child.once("exit", (code) => reject(new Error(`The emulator ended with ${code}: ${output}`)));
  });
}

/** Its only node waits until a file is there. */
function sources(gate: string) {
  const yaml = `
inputs:
  question: {type: string}
outputs:
  answer: {type: string, reference: "\${wait.output}"}
nodes:
- name: wait
  type: python
  source: {type: code, path: wait.py}
  inputs: {question: "\${inputs.question}"}
`;
  const code = `
import os, time
from promptflow.core import tool

@tool
def wait(question: str) -> str:
    for _ in range(600):
        if os.path.exists(${JSON.stringify(gate)}):
            return question.upper()
        time.sleep(0.05)
    raise Exception("nobody opened the gate")
`;
  return { yaml, code };
}

async function upload(remote: Remote, gate: string): Promise<void> {
  const { yaml, code } = sources(gate);
  await remote.upload("LocalUpload/k/qa/flow.dag.yaml", yaml);
  await remote.upload("LocalUpload/k/qa/wait.py", code);
  await remote.upload("LocalUpload/k/data.jsonl", '{"question":"a"}\n{"question":"b"}\n');
}

test("after a SIGKILL in the middle of a run and with a deployed endpoint, both go on", async () => {
  const gate = join(folder, "gate");
  await using first = await startProcess();
  const before = connect(first.url, azurite);
  await upload(before, gate);
  await before.deploy("LocalUpload/k/qa");
  const submit = aSubmit("killed", {
    flowDefinitionBlobPath: "LocalUpload/k/qa/flow.dag.yaml",
    batchDataInput: dataAt("LocalUpload/k/data.jsonl"),
  });
  await before.call("POST", `/flow/api${WORKSPACE}/BulkRuns/submit`, submit);
  await before.untilRun("killed", ["Running"]);

  await first.kill();
  await writeFile(gate, "");
  await using second = await startProcess(new URL(first.url).port);
  const after = connect(second.url, azurite);

  expect(await after.untilRun("killed", ["Completed", "Failed"])).toBe("Completed");
  const lines = await after.call(
    "GET",
    `/flow/api${WORKSPACE}/BulkRuns/killed/childRuns?startIndex=0&endIndex=24`,
  );
  const answers = lines.body as { index: number; output: unknown }[];
  expect(answers.sort((a, b) => a.index - b.index).map(({ output }) => output)).toEqual([
    { answer: "A" },
    { answer: "B" },
  ]);
  expect(await after.score({ question: "c" })).toEqual({ answer: "C" });
}, 60_000);
