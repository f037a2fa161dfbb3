import { z } from "zod";
import type { BundleFiles } from "#domain/bundle/bundle.ts";
import type { Problem } from "#domain/errors.ts";
import { FlowFiles, includedPath, REQUIREMENTS } from "#domain/flow-folder.ts";
import { utf8Text } from "#domain/utf8-text.ts";
import { folderOf, isFolder, resolvePath } from "./app-path.ts";
import { at, issueProblems } from "./issues.ts";
import { notInBundle } from "./not-there.ts";
import type { YamlText } from "./yaml-text.ts";

const FlowMap = z.looseObject({});

/** What keeps a flow's folder from being put together: its YAML, its includes, its requirements. */
export function checkFlowFiles(files: BundleFiles, yaml: YamlText): readonly Problem[] {
  const parsed = FlowMap.extend(FlowFiles.shape).safeParse(yaml.value);
  if (!parsed.success) return issueProblems(yaml, parsed.error.issues);
  if (Object.keys(parsed.data).length === 0) {
    const message = "is empty; a flow has inputs, outputs and nodes";
    return [{ file: yaml.file, line: 1, message }];
  }
  const { additional_includes: includes, environment } = parsed.data;
  const folder = folderOf(yaml.file);
  const wrong = (includes ?? []).flatMap((include, index) => {
    const message = wrongInclude(files, folder, include);
    return message === undefined ? [] : [at(yaml, ["additional_includes", index], message)];
  });
  return [...wrong, ...checkRequirements(files, folder, yaml, environment)];
}

function wrongInclude(files: BundleFiles, folder: string, include: string): string | undefined {
  const path = includedPath(folder, include);
  if (path === undefined) return `${include} leads out of the app folder`;
  if (path === "") return `${include} is the app folder itself; name what is needed of it`;
  if (files.has(path) || isFolder(files, path)) return undefined;
  return `${include} ${notInBundle(files, path, folder)}`;
}

function checkRequirements(
  files: BundleFiles,
  folder: string,
  yaml: YamlText,
  environment: z.infer<typeof FlowFiles>["environment"],
): readonly Problem[] {
  const named = environment?.python_requirements_txt;
  if (Array.isArray(named)) return [];
  const path = resolvePath(folder, named ?? REQUIREMENTS);
  const content = path === undefined ? undefined : files.get(path);
  if (path !== undefined && content !== undefined) return wrongLines(path, content);
  // An include may bring it.
  if (named === undefined || hasIncludes(yaml)) return [];
  const key = ["environment", "python_requirements_txt"];
  const what =
    path === undefined ? "leads out of the app folder" : notInBundle(files, path, folder);
  return [at(yaml, key, `${named} ${what}`)];
}

function hasIncludes({ value }: YamlText): boolean {
  return typeof value === "object" && value !== null && "additional_includes" in value;
}

/** Only what `pip` reads in no version: what it can install, it knows best. */
function wrongLines(file: string, content: Uint8Array): readonly Problem[] {
  const text = utf8Text(content);
  if (typeof text !== "string") return [{ file, ...text }];
  return text.split(/\r\n|\n|\r/).flatMap((line, index) => {
    const [, name, version] =
      /^\s*([A-Za-z0-9][\w.-]*)\s*=\s*([\w.]+)\s*(?:#.*)?$/.exec(line) ?? [];
    if (name === undefined) return [];
    const message = `${line.trim()} is no requirement; write ${name}==${version}`;
    return [{ file, line: index + 1, message }];
  });
}
