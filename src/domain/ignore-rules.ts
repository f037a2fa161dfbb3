interface Rule {
  readonly pattern: RegExp;
  readonly ignores: boolean;
}

/** Whether a path (forward slashes, relative to the folder of the rules) is left out. */
export type Ignores = (path: string) => boolean;

/**
 * The rules of a `.gitignore`: the last one that matches decides. As in Azure ML's client a pattern
 * that ends in a slash matches what is in a directory, not the directory itself, and only `!` negates
 * a set of characters.
 */
export function ignoreRules(text: string): Ignores {
  const rules = text.split(/\r\n|\n|\r/).flatMap(ruleOf);
  return (path) => rules.findLast(({ pattern }) => pattern.test(path))?.ignores ?? false;
}

function ruleOf(line: string): Rule[] {
  const text = line.replace(/^\s+|(?<!\\)\s+$/g, "");
  if (text === "" || text.startsWith("#")) return [];
  const ignores = !text.startsWith("!");
  const glob = (ignores ? text : text.slice(1)).replace(/^\\(?=[#!])/, "");
  const pattern = patternOf(glob);
  return pattern === undefined ? [] : [{ pattern, ignores }];
}

function patternOf(glob: string): RegExp | undefined {
  const inside = glob.endsWith("/");
  const body = glob.replace(/^\/|\/$/g, "");
  if (body === "") return undefined;
  // A slash at the start or in the middle ties the pattern to the folder of the rules.
  const anchored = glob.startsWith("/") || body.includes("/");
  const prefix = anchored ? "^" : "^(?:.*/)?";
  return new RegExp(`${prefix}${segments(body)}${inside ? "/.*" : "(?:/.*)?"}$`, "s");
}

function segments(body: string): string {
  const parts = body.split("/");
  return parts
    .map((part, index) => {
      const last = index === parts.length - 1;
      if (part === "**") return last ? ".+" : "(?:[^/]+/)*";
      return segment(part) + (last ? "" : "/");
    })
    .join("");
}

/** A set's first bracket, also after `!`, is one of its characters. */
const TOKEN = /\\.|\*+|\?|\[!?\][^\]]*\]|\[![^\]]+\]|\[[^\]!][^\]]*\]|[^\\*?[]+|[\\[]/gs;

function segment(part: string): string {
  return part.replace(TOKEN, (token) => {
    if (token.startsWith("*")) return "[^/]*";
    if (token === "?") return "[^/]";
    if (token.length > 2 && token.startsWith("[")) return characters(token);
    if (token.length === 2 && token.startsWith("\\")) return escaped(token.slice(1));
    return escaped(token);
  });
}

function characters(token: string): string {
  const negated = token.startsWith("[!");
  const inner = token.slice(negated ? 2 : 1, -1).replace(/[\\\][^]/g, "\\$&");
  return `[${negated ? "^/" : ""}${inner}]`;
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
}
