import type { z } from "zod";
import type { Problem } from "#domain/errors.ts";
import { issueMessage } from "./issue-message.ts";
import { nearest } from "./nearest.ts";
import { keysOf, placesOf, type Schema } from "./schema-keys.ts";
import type { Path, YamlText } from "./yaml-text.ts";

type Issue = z.core.$ZodIssue;

/** Dots between keys, `gate.metrics.0.min`. */
export function pathText(path: Path): string {
  return path.map(String).join(".");
}

/** Every issue as a problem with its line; with the `schema` of the file a misspelt key is told what was meant. */
export function issueProblems(
  yaml: YamlText,
  issues: readonly Issue[],
  schema: Schema = {},
): Problem[] {
  return issueWords(issues, schema).map(({ path, message }) => at(yaml, path, message));
}

/** The same where there are no lines. */
export function issueWords(
  issues: readonly Issue[],
  schema: Schema = {},
): readonly { readonly path: Path; readonly message: string }[] {
  return issues.flatMap(plainIssues).flatMap((issue) => {
    if (issue.code !== "unrecognized_keys") {
      return [{ path: issue.path, message: issueMessage(issue) }];
    }
    return issue.keys.map((key) => ({
      path: [...issue.path, key],
      message: `unknown key ${key}${hintFor(key, issue.path, schema)}`,
    }));
  });
}

export function at(yaml: YamlText, path: Path, message: string): Problem {
  const { file } = yaml;
  const where = { file, line: yaml.lineOf(path), message };
  return path.length === 0 ? where : { ...where, path: pathText(path) };
}

/** Of several shapes that a value may have, the one that it nearly has: what is wrong is wrong inside it. */
function plainIssues(issue: Issue): readonly Issue[] {
  if (issue.code !== "invalid_union") return [issue];
  const near = issue.errors.filter((branch) => branch.every(({ path }) => path.length > 0));
  const [only, ...others] = near;
  if (only === undefined || others.length > 0) return [issue];
  return only.flatMap((inner) => plainIssues({ ...inner, path: [...issue.path, ...inner.path] }));
}

function hintFor(key: string, path: Path, schema: Schema): string {
  const meant = nearest(key, keysOf(schema, path));
  if (meant !== undefined) return `; did you mean ${meant}?`;
  const [place, ...others] = placesOf(schema, key);
  if (place === undefined || others.length > 0) return "";
  return place.length === 0
    ? "; it belongs at the margin"
    : `; it belongs under ${pathText(place)}`;
}
