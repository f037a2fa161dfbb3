import { hashFile, hashFolder } from "#azure/asset-hash.ts";
import { filesUnder, flowFolder } from "#domain/flow-folder.ts";
import type { Sources } from "#kit/recordings/sources.ts";

interface Vector {
  /** Below one of the folders of sources. */
  readonly path: string;
  readonly hash: string;
  /** `flow` without what is left out of a flow's upload; its YAML is as it lies there. */
  readonly as: "file" | "crlf" | "flow" | "folder";
}

/** What the service's own clients name the content of two public repositories. */
const VECTORS: readonly Vector[] = [
  { path: "web-classification/data.jsonl", as: "file", hash: "206d7d5a4c4b728259190054fa597723" },
  { path: "web-classification", as: "folder", hash: "9d8eed4be07a427ac75a28ccc7ffbd2f" },
  { path: "web-classification", as: "flow", hash: "5427cc1998112ebf858bdeceb9b5b151" },
  {
    path: "evaluation/classification-accuracy-eval",
    as: "flow",
    hash: "b64fcd7a2a018cf5a595bf0aa0be6d76",
  },
  { path: "datas/webClassification3.jsonl", as: "file", hash: "710002843bc088af1e61f18537317143" },
  { path: "datas/webClassification3.jsonl", as: "crlf", hash: "74c11bba717480b2d6b04b8e746d09d7" },
  { path: "flows/web_classification", as: "flow", hash: "7ac7ea8a41e502780fbbb3601f2c5d07" },
  { path: "flows/hello-world", as: "flow", hash: "fc559c7540b32683feedf8d75def68de" },
  { path: "flows/print_env_var", as: "flow", hash: "4bb5b2505149b85e97d2910b78d9b53b" },
  { path: "flows/partial_fail", as: "flow", hash: "9d43ce0b9f35c2c79467b4e2fcbe112f" },
  {
    path: "flows/eval-classification-accuracy",
    as: "flow",
    hash: "685438dac83ca79b03cab77b01ea8c39",
  },
  { path: "flows/flow_with_dict_input", as: "flow", hash: "1b47adaa6a0120e00656bdbe6769a37c" },
];

export interface Checked {
  /** `path (as)` of what was found among the sources. */
  readonly checked: string[];
  readonly problems: string[];
}

export async function checkHashes(sources: Sources): Promise<Checked> {
  const checked: string[] = [];
  const problems: string[] = [];
  for (const vector of VECTORS) {
    const found = await hashOf(vector, sources);
    if (found === undefined) continue;
    const name = `${vector.path} (${vector.as})`;
    checked.push(name);
    if (found !== vector.hash) problems.push(`${name} is ${found}, not ${vector.hash}`);
  }
  return { checked, problems };
}

async function hashOf({ path, as }: Vector, { files }: Sources): Promise<string | undefined> {
  if (as === "file" || as === "crlf") {
    const content = files.get(path);
    if (content === undefined) return undefined;
    const text = Buffer.from(content).toString("latin1").replaceAll("\n", "\r\n");
    return hashFile(once(as === "crlf" ? Buffer.from(text, "latin1") : content));
  }
  const flowFile = "flow.dag.yaml";
  if (!files.has(`${path}/${flowFile}`)) return undefined;
  const { ignores } = flowFolder(files, { flow: path, flowFile, app: path });
  return hashFolder(filesUnder(files, path), as === "flow" ? ignores : () => false);
}

async function* once(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content;
}
