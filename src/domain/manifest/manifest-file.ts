import { z } from "zod";
import type { BundleFiles } from "#domain/bundle/bundle.ts";
import type { Problem } from "#domain/errors.ts";
import { at, issueProblems } from "./issues.ts";
import { AppName, Manifest } from "./manifest.ts";
import { manifestSchema } from "./manifest-schema.ts";
import { parseYaml, type YamlText } from "./yaml-text.ts";

/** Where the manifest lies in an app folder. */
export const MANIFEST_FILE = "flowgate.yaml";

export interface ManifestFile {
  /** Undefined while the file does not have the shape of one. */
  readonly manifest: Manifest | undefined;
  readonly yaml: YamlText;
  readonly problems: readonly Problem[];
}

/** An app folder without a manifest has the default one. `app` is the name in the URL: another one is a problem. */
export function readManifestFile(files: BundleFiles, app: string): ManifestFile {
  const other = files.has(MANIFEST_FILE) ? undefined : misnamed(files);
  if (other !== undefined) return { manifest: undefined, yaml: noText, problems: [other] };
  const content = files.get(MANIFEST_FILE) ?? new Uint8Array();
  const yaml = parseYaml(MANIFEST_FILE, content);
  if ("message" in yaml) return { manifest: undefined, yaml: noText, problems: [yaml] };

  const parsed = Manifest.safeParse(yaml.value);
  const own = parsed.success ? [] : issueProblems(yaml, parsed.error.issues, manifestSchema());
  const problems = [...otherName(yaml, app), ...own].toSorted(byLine);
  return { manifest: parsed.data, yaml, problems };
}

/** Under another name nothing in it would count, and nobody would notice. */
function misnamed(files: BundleFiles): Problem | undefined {
  const file = [...files.keys()].find((path) =>
    /^([^/]+\/)?\.?flowgate\.(ya?ml|json)$/i.test(path),
  );
  if (file === undefined) return undefined;
  return {
    file,
    message: `has to be ${MANIFEST_FILE}, at the root of the app folder; rename or move it`,
  };
}

function otherName(yaml: YamlText, app: string): readonly Problem[] {
  const name = z.looseObject({ name: AppName }).safeParse(yaml.value).data?.name;
  if (name === undefined || name === app) return [];
  return [at(yaml, ["name"], `is ${name}, but the bundle was sent for the app ${app}`)];
}

const noText: YamlText = { file: MANIFEST_FILE, value: {}, lineOf: () => 1 };

function byLine(one: Problem, other: Problem): number {
  return (one.line ?? 0) - (other.line ?? 0);
}
