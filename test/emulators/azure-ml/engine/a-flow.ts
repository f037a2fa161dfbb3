import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A flow folder with these files, until disposed. */
export async function aFlow(files: Readonly<Record<string, string>>) {
  const folder = await mkdtemp(join(tmpdir(), "flowgate-test-flow-"));
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
  return {
    folder,
    file: "flow.dag.yaml",
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** `${path}`, as flows and mappings write a reference. */
export const ref = (path: string) => `\${${path}}`;

/** A tool file whose function `run` has this signature and body. */
export const aTool = (signature: string, body: string) =>
  `from promptflow.core import tool\n\n\n@tool\n${signature}:\n    ${body.split("\n").join("\n    ")}\n`;
