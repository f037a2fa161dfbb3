import { z } from "zod";
import type { BundleFiles } from "#domain/bundle/bundle.ts";
import { PipelineError, type Problem } from "#domain/errors.ts";
import { at, issueProblems } from "#domain/manifest/issues.ts";
import { misspeltKeys } from "#domain/manifest/misspelt-keys.ts";
import { type Path, parseYaml, type YamlText } from "#domain/manifest/yaml-text.ts";
import { unknownPlaceholders } from "./unknown-placeholders.ts";

/** Text whatever YAML made of it: Azure takes tags, properties and variables as text only. */
export const Text = z.union([z.string(), z.number(), z.boolean()]).transform(String);

export const Texts = z
  .record(
    z.string(),
    Text.nullable().transform((text) => text ?? ""),
  )
  .nullish()
  .transform((texts) => texts ?? {});

/** One of Azure's words, in whatever case somebody wrote it. */
export function word<const Words extends readonly [string, ...string[]]>(words: Words) {
  return z.string().toLowerCase().pipe(z.enum(words));
}

/** A deployment YAML that was read, with what is needed to say where something is wrong. */
export interface DeploymentYaml<Content> {
  readonly content: Content;
  readonly yaml: YamlText;
}

/** What a reader of a deployment YAML wants to be told of it. */
export interface Wanted<Content> {
  readonly schema: z.ZodType<Content>;
  /** What to do about a file that is not there. */
  readonly missing: string;
  /** Keys at the margin that are not used, whatever stands in them. */
  readonly unused?: readonly string[];
}

/** MANIFEST_INVALID with every problem, each with its line. */
export function readDeploymentYaml<Content>(
  files: BundleFiles,
  file: string,
  { schema, missing, unused = [] }: Wanted<Content>,
): DeploymentYaml<Content> {
  const source = files.get(file);
  if (source === undefined) throw invalid([{ file, message: `is not in the bundle; ${missing}` }]);
  const yaml = parseYaml(file, source);
  if ("message" in yaml) throw invalid([yaml]);
  const parsed = schema.safeParse(yaml.value);
  const problems = [
    ...(parsed.success ? [] : issueProblems(yaml, parsed.error.issues)),
    ...misspeltKeys(yaml, schema),
    ...unknownPlaceholders(yaml, unused),
  ];
  if (!parsed.success || problems.length > 0) throw invalid(problems);
  return { content: parsed.data, yaml };
}

export function invalidAt(yaml: YamlText, path: Path, message: string): PipelineError {
  return invalid([at(yaml, path, message)]);
}

export function invalid(problems: readonly Problem[]): PipelineError {
  const [first] = problems;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : "";
  const place = [first?.file, first?.line].filter((part) => part !== undefined).join(":");
  const path = first?.path === undefined ? "" : ` ${first.path}:`;
  return new PipelineError("MANIFEST_INVALID", `${place}:${path} ${first?.message}${more}.`, {
    where: { file: first?.file ?? null, line: first?.line ?? null },
    problems,
  });
}
