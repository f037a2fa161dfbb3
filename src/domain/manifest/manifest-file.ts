import { z } from "zod";
import type { BundleFiles } from "#domain/bundle/bundle.ts";
import type { Problem } from "#domain/errors.ts";
import { at, issueProblems } from "./issues.ts";
import { AppName, Manifest } from "./manifest.ts";
import { keysAt } from "./manifest-schema.ts";
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
  const content = files.get(MANIFEST_FILE) ?? new Uint8Array();
  const yaml = parseYaml(MANIFEST_FILE, content);
  if ("message" in yaml) return { manifest: undefined, yaml: noText, problems: [yaml] };

  const parsed = Manifest.safeParse(yaml.value);
  const own = parsed.success ? [] : issueProblems(yaml, parsed.error.issues, keysAt);
  const problems = [...otherName(yaml, app), ...own].toSorted(byLine);
  return { manifest: parsed.data, yaml, problems };
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
