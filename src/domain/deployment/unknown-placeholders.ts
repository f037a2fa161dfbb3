import type { Problem } from "#domain/errors.ts";
import { at } from "#domain/manifest/issues.ts";
import { nearest } from "#domain/manifest/nearest.ts";
import type { Path, YamlText } from "#domain/manifest/yaml-text.ts";
import { PLACEHOLDERS } from "./placeholders.ts";

/** Texts for people, in which anything may stand in angle brackets. */
const FREE = ["$schema", "description", "tags"];
/** A whole value, several words, or capitals: markup in a variable is none of these. */
const MARK = /^<[^<>]+>$|<[A-Za-z]+(?:[-_ ][A-Za-z]+)+>|<[A-Z]+>/g;

/** A problem for every placeholder that nobody fills in; keys of `unused` are not looked at. */
export function unknownPlaceholders(yaml: YamlText, unused: readonly string[]): readonly Problem[] {
  const visit = (value: unknown, path: Path): readonly Problem[] => {
    if (typeof value === "string") return marksIn(value).map((mark) => at(yaml, path, words(mark)));
    if (typeof value !== "object" || value === null) return [];
    return Object.entries(value).flatMap(([key, item]) => visit(item, [...path, key]));
  };
  const skipped = new Set([...FREE, ...unused]);
  const { value } = yaml;
  if (typeof value !== "object" || value === null) return [];
  const looked = Object.entries(value).filter(([key]) => !skipped.has(key));
  return looked.flatMap(([key, item]) => visit(item, [key]));
}

function marksIn(text: string): readonly string[] {
  return [...text.matchAll(MARK)]
    .map(([mark]) => mark)
    .filter((mark) => !PLACEHOLDERS.includes(mark));
}

function words(mark: string): string {
  const near = nearest(mark, PLACEHOLDERS);
  return near === undefined
    ? `${mark} is filled in by nobody; write what is meant (Flowgate knows ${PLACEHOLDERS.join(", ")})`
    : `${mark} is filled in by nobody; did you mean ${near}?`;
}
