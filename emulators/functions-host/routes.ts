/** An ASP.NET route template, as far as Functions use them: `items/{id:int}/{part?}/{*rest}`. */
export interface RouteTemplate {
  readonly text: string;
  /** Parameters still encoded, or undefined when the path does not match. Case does not count. */
  match(path: string): Readonly<Record<string, string>> | undefined;
}

const CONSTRAINTS: Readonly<Record<string, (argument: string) => string>> = {
  int: () => "-?\\d+",
  long: () => "-?\\d+",
  decimal: () => "-?\\d+(?:\\.\\d+)?",
  double: () => "-?\\d+(?:\\.\\d+)?",
  float: () => "-?\\d+(?:\\.\\d+)?",
  bool: () => "true|false",
  guid: () => "[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}",
  alpha: () => "[a-z]*",
  datetime: () => "[^/]+",
  length: (argument) => `[^/]{${argument}}`,
  minlength: (argument) => `[^/]{${argument},}`,
  maxlength: (argument) => `[^/]{0,${argument}}`,
  regex: (argument) => argument.replaceAll("\\\\", "\\"),
  required: () => "[^/]+",
};

/** Checked on the number itself. */
const RANGES: Readonly<Record<string, (value: number, argument: string) => boolean>> = {
  min: (value, argument) => value >= Number(argument),
  max: (value, argument) => value <= Number(argument),
  range: (value, argument) => {
    const [low, high] = argument.split(",").map(Number);
    return value >= (low ?? value) && value <= (high ?? value);
  },
};

interface Parameter {
  readonly name: string;
  readonly isCatchAll: boolean;
  readonly isOptional: boolean;
  readonly fallback: string | undefined;
  readonly constraints: readonly { readonly kind: string; readonly argument: string }[];
}

/** Throws for a template that cannot be read, naming the part. */
export function parseRoute(text: string): RouteTemplate {
  const parameters: Parameter[] = [];
  const pattern = splitSegments(text.replaceAll("{{", OPEN).replaceAll("}}", CLOSE))
    .map((segment) => segmentPattern(segment, parameters, text))
    .join("");
  const expression = new RegExp(`^${pattern}/?$`, "i");
  return {
    text,
    match(path) {
      const found = expression.exec(path.startsWith("/") ? path : `/${path}`);
      return found ? valuesOf(parameters, found) : undefined;
    },
  };
}

/** Stand for doubled braces, which mean the brace itself. */
const [OPEN, CLOSE] = ["\u0001", "\u0002"] as const;

function withBraces(text: string): string {
  return text.replaceAll(OPEN, "{").replaceAll(CLOSE, "}");
}

/** Slashes inside braces belong to a constraint. */
function splitSegments(text: string): readonly string[] {
  return (text.match(/(?:\{[^{}]*\}|[^/])+/g) ?? []).filter(Boolean);
}

function segmentPattern(segment: string, parameters: Parameter[], template: string): string {
  const parts = segment.match(/\{[^{}]*\}|[^{}]+/g) ?? [];
  if (parts.join("") !== segment)
    throw new Error(`Route "${template}": "${segment}" cannot be read.`);
  let pattern = "";
  let mayBeAbsent = false;
  for (const part of parts) {
    if (!part.startsWith("{")) {
      pattern += withBraces(part).replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
      continue;
    }
    const parameter = parseParameter(part.slice(1, -1), template);
    pattern += `(?<p${parameters.length}>${parameter.isCatchAll ? ".*" : valuePattern(parameter)})`;
    parameters.push(parameter);
    const isOptional =
      parameter.isOptional || parameter.isCatchAll || parameter.fallback !== undefined;
    mayBeAbsent = isOptional && parts.length === 1;
  }
  return mayBeAbsent ? `(?:/${pattern})?` : `/${pattern}`;
}

function parseParameter(text: string, template: string): Parameter {
  const isCatchAll = text.startsWith("*");
  const [head = "", ...constraints] = text.replace(/^\*+/, "").split(/:(?![^(]*\))/);
  const last = constraints.at(-1);
  const isOptional = (last ?? head).endsWith("?");
  if (last !== undefined && isOptional) constraints[constraints.length - 1] = last.slice(0, -1);
  const [name = "", fallback] = head.replace(/\?$/, "").split("=");
  if (!/^\w[\w-]*$/.test(name)) {
    throw new Error(`Route "${template}": "{${text}}" has no usable parameter name.`);
  }
  return {
    name,
    isCatchAll,
    isOptional,
    fallback,
    constraints: constraints.map((constraint) => parseConstraint(constraint, template)),
  };
}

function parseConstraint(text: string, template: string) {
  const [, kind = "", argument = ""] = /^(\w+)(?:\((.*)\))?$/.exec(text) ?? [];
  if (!(kind in CONSTRAINTS) && !(kind in RANGES)) {
    throw new Error(`Route "${template}": the constraint "${text}" is not known.`);
  }
  return { kind, argument: withBraces(argument) };
}

function valuePattern({ constraints }: Parameter): string {
  const patterns = constraints.flatMap(({ kind, argument }) => {
    const pattern = CONSTRAINTS[kind]?.(argument);
    return pattern === undefined ? [] : [pattern];
  });
  const [only] = patterns;
  if (only !== undefined && patterns.length === 1) return only.replace(/^\^|\$$/g, "");
  return `${patterns.map((pattern) => `(?=(?:${pattern})(?:/|$))`).join("")}[^/]+`;
}

function valuesOf(parameters: readonly Parameter[], found: RegExpExecArray) {
  const values: Record<string, string> = {};
  for (const [index, { name, fallback, constraints }] of parameters.entries()) {
    const value = found.groups?.[`p${index}`] || fallback;
    if (value === undefined) continue;
    for (const { kind, argument } of constraints) {
      if (RANGES[kind]?.(Number(value), argument) === false) return undefined;
    }
    values[name] = value;
  }
  return values;
}
