import type { z } from "zod";
import type { Problem } from "#domain/errors.ts";
import { issueMessage } from "./issue-message.ts";
import { nearest } from "./nearest.ts";
import type { Path, YamlText } from "./yaml-text.ts";

/** Dots between keys, `gate.metrics.0.min`. */
export function pathText(path: Path): string {
  return path.map(String).join(".");
}

/** Every issue as a problem with its line; `keysAt` knows what may stand where, for misspelt keys. */
export function issueProblems(
  yaml: YamlText,
  issues: readonly z.core.$ZodIssue[],
  keysAt: (path: Path) => readonly string[] = () => [],
): Problem[] {
  return issues.flatMap((issue) => {
    if (issue.code !== "unrecognized_keys") return [at(yaml, issue.path, issueMessage(issue))];
    return issue.keys.map((key) => {
      const meant = nearest(key, keysAt(issue.path));
      const hint = meant === undefined ? "" : `; did you mean ${meant}?`;
      return at(yaml, [...issue.path, key], `unknown key ${key}${hint}`);
    });
  });
}

export function at(yaml: YamlText, path: Path, message: string): Problem {
  const { file } = yaml;
  const where = { file, line: yaml.lineOf(path), message };
  return path.length === 0 ? where : { ...where, path: pathText(path) };
}
