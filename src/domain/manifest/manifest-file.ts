import type { BundleFiles } from "#domain/bundle/bundle.ts";
import type { Problem } from "#domain/errors.ts";
import { issueProblems } from "./issues.ts";
import { Manifest } from "./manifest.ts";
import { keysAt } from "./manifest-schema.ts";
import { parseYaml, type YamlText } from "./yaml-text.ts";

/** Where the manifest lies in an app folder. */
export const MANIFEST_FILE = "flowgate.yaml";

export interface ManifestFile {
  /** Undefined while the file has problems of its own. */
  readonly manifest: Manifest | undefined;
  readonly yaml: YamlText;
  readonly problems: readonly Problem[];
}

/** An app folder without a manifest has the default one. */
export function readManifestFile(files: BundleFiles): ManifestFile {
  const content = files.get(MANIFEST_FILE) ?? new Uint8Array();
  const yaml = parseYaml(MANIFEST_FILE, content);
  if ("message" in yaml) return { manifest: undefined, yaml: noText, problems: [yaml] };

  const parsed = Manifest.safeParse(yaml.value);
  if (parsed.success) return { manifest: parsed.data, yaml, problems: [] };
  const problems = issueProblems(yaml, parsed.error.issues, keysAt);
  return { manifest: undefined, yaml, problems };
}

const noText: YamlText = { file: MANIFEST_FILE, value: {}, lineOf: () => 1 };
