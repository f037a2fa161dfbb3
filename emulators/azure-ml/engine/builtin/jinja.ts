import { applyFilter } from "./jinja-filters.ts";
import { callMethod, hasMethod } from "./jinja-methods.ts";
import type { Call, Identifier, JinjaNode } from "./jinja-syntax.ts";
import { runTest } from "./jinja-tests.ts";
import { binary, toIterable, truthy } from "./jinja-values.ts";
import { isDict, PythonFloat, pythonStr } from "./python-values.ts";

class Break extends Error {}
class Continue extends Error {}

type Callable = (args: readonly unknown[], named: Readonly<Record<string, unknown>>) => unknown;

/** One scope of names; a loop or macro opens its own. */
class Scope {
  readonly #names = new Map<string, unknown>();
  readonly #parent: Scope | undefined;

  constructor(parent?: Scope, names: Readonly<Record<string, unknown>> = {}) {
    this.#parent = parent;
    for (const [name, value] of Object.entries(names)) this.#names.set(name, value);
  }

  read(name: string): unknown {
    return this.#names.has(name) ? this.#names.get(name) : this.#parent?.read(name);
  }

  write(name: string, value: unknown): void {
    this.#names.set(name, value);
  }
}

const CONSTANTS = { true: true, True: true, false: false, False: false, none: null, None: null };

/** Renders a parsed template by jinja2's rules; undefined is lenient. Throws Error. */
export function renderTemplate(
  template: readonly JinjaNode[],
  variables: Readonly<Record<string, unknown>>,
): string {
  const globals = new Scope(undefined, {
    ...CONSTANTS,
    range: (args: readonly unknown[]) => range(...args.map(Number)),
    dict: (_args: readonly unknown[], named: Readonly<Record<string, unknown>>) => ({ ...named }),
    namespace: (_args: readonly unknown[], named: Readonly<Record<string, unknown>>) => ({
      ...named,
    }),
  });
  return renderBlock(template, new Scope(globals, variables));
}

function renderBlock(nodes: readonly JinjaNode[], scope: Scope): string {
  return nodes.map((node) => renderNode(node, scope)).join("");
}

function renderNode(node: JinjaNode, scope: Scope): string {
  switch (node.type) {
    case "Comment":
      return "";
    case "If":
      return renderBlock(truthy(evaluate(node.test, scope)) ? node.body : node.alternate, scope);
    case "For":
      return renderFor(node, scope);
    case "Set":
      assign(
        node.assignee,
        node.value ? evaluate(node.value, scope) : renderBlock(node.body, scope),
        scope,
      );
      return "";
    case "Macro":
      scope.write(node.name.value, macro(node.args, node.body, scope));
      return "";
    case "FilterStatement":
      return pythonStr(filter(renderBlock(node.body, scope), node.filter, scope));
    case "Break":
      throw new Break();
    case "Continue":
      throw new Continue();
    default: {
      const value = evaluate(node, scope);
      return value === undefined ? "" : pythonStr(value);
    }
  }
}

function renderFor(node: JinjaNode & { type: "For" }, scope: Scope): string {
  const source = node.iterable.type === "SelectExpression" ? node.iterable : undefined;
  let items = toIterable(evaluate(source?.lhs ?? node.iterable, scope));
  if (source) {
    items = items.filter((item) => {
      const tried = new Scope(scope);
      assign(node.loopvar, item, tried);
      return truthy(evaluate(source.test, tried));
    });
  }
  if (items.length === 0) return renderBlock(node.defaultBlock, scope);
  let text = "";
  for (const [index, item] of items.entries()) {
    const inner = new Scope(scope, { loop: loopState(items, index) });
    assign(node.loopvar, item, inner);
    try {
      text += renderBlock(node.body, inner);
    } catch (error) {
      if (error instanceof Break) break;
      if (!(error instanceof Continue)) throw error;
    }
  }
  return text;
}

function loopState(items: readonly unknown[], index: number) {
  return {
    index: index + 1,
    index0: index,
    revindex: items.length - index,
    revindex0: items.length - index - 1,
    first: index === 0,
    last: index === items.length - 1,
    length: items.length,
    previtem: items[index - 1],
    nextitem: items[index + 1],
    cycle: (args: readonly unknown[]) => args[index % args.length],
  };
}

function assign(target: JinjaNode, value: unknown, scope: Scope): void {
  if (target.type === "Identifier") scope.write(target.value, value);
  else if (target.type === "TupleLiteral" || target.type === "ArrayLiteral") {
    const parts = toIterable(value);
    if (parts.length !== target.value.length) {
      throw new Error(`cannot unpack ${parts.length} values into ${target.value.length} names`);
    }
    for (const [index, part] of target.value.entries()) assign(part, parts[index], scope);
  } else if (target.type === "MemberExpression") {
    const owner = evaluate(target.object, scope);
    const name = target.property.type === "Identifier" ? target.property.value : "";
    if (!isDict(owner)) throw new Error("cannot assign attribute on non-namespace object");
    owner[name] = value;
  } else throw new Error(`cannot assign to ${target.type}`);
}

function macro(
  parameters: readonly JinjaNode[],
  body: readonly JinjaNode[],
  scope: Scope,
): Callable {
  return (args, named) => {
    const inner = new Scope(scope);
    for (const [index, parameter] of parameters.entries()) {
      const keyword = parameter.type === "KeywordArgumentExpression" ? parameter : undefined;
      const name = keyword?.key.value ?? (parameter.type === "Identifier" ? parameter.value : "");
      const given = index < args.length ? args[index] : named[name];
      inner.write(name, given === undefined && keyword ? evaluate(keyword.value, scope) : given);
    }
    return renderBlock(body, inner);
  };
}

function evaluate(node: JinjaNode, scope: Scope): unknown {
  switch (node.type) {
    case "Identifier":
      return scope.read(node.value);
    case "IntegerLiteral":
    case "StringLiteral":
      return node.value;
    case "FloatLiteral":
      return Number.isInteger(node.value) ? new PythonFloat(node.value) : node.value;
    case "ArrayLiteral":
    case "TupleLiteral":
      return node.value.map((item) => evaluate(item, scope));
    case "ObjectLiteral":
      return Object.fromEntries(
        [...node.value].map(([key, value]) => [
          pythonStr(evaluate(key, scope)),
          evaluate(value, scope),
        ]),
      );
    case "MemberExpression":
      return member(node, scope);
    case "CallExpression":
      return call(node, scope);
    case "FilterExpression":
      return filter(evaluate(node.operand, scope), node.filter, scope);
    case "TestExpression":
      return runTest(node.test.value, evaluate(node.operand, scope)) !== node.negate;
    case "UnaryExpression":
      return unary(node.operator.value, evaluate(node.argument, scope));
    case "BinaryExpression":
      return evaluateBinary(node, scope);
    case "Ternary":
      return evaluate(
        truthy(evaluate(node.condition, scope)) ? node.trueExpr : node.falseExpr,
        scope,
      );
    case "SelectExpression":
      return truthy(evaluate(node.test, scope)) ? evaluate(node.lhs, scope) : undefined;
    default:
      throw new Error(`'${node.type}' is not supported in a template`);
  }
}

function evaluateBinary(node: JinjaNode & { type: "BinaryExpression" }, scope: Scope): unknown {
  const left = evaluate(node.left, scope);
  if (node.operator.value === "and") return truthy(left) ? evaluate(node.right, scope) : left;
  if (node.operator.value === "or") return truthy(left) ? left : evaluate(node.right, scope);
  return binary(node.operator.value, left, evaluate(node.right, scope));
}

function unary(operator: string, value: unknown): unknown {
  if (operator === "not") return !truthy(value);
  const number = value instanceof PythonFloat ? value.value : value;
  if (typeof number !== "number") throw new Error(`bad operand type for unary ${operator}`);
  const signed = operator === "-" ? -number : number;
  return value instanceof PythonFloat ? new PythonFloat(signed) : signed;
}

function member(node: JinjaNode & { type: "MemberExpression" }, scope: Scope): unknown {
  const owner = evaluate(node.object, scope);
  if (owner === undefined) throw new Error(`'${nameOf(node.object)}' is undefined`);
  if (node.computed && node.property.type === "SliceExpression")
    return slice(owner, node.property, scope);
  const key =
    !node.computed && node.property.type === "Identifier"
      ? node.property.value
      : evaluate(node.property, scope);
  if (typeof key === "string" && key.startsWith("__")) {
    throw new Error(`access to attribute '${key}' is unsafe`);
  }
  return readMember(owner, key);
}

/** Undefined for a miss, like jinja2. */
function readMember(owner: unknown, key: unknown): unknown {
  if (isDict(owner) && Object.hasOwn(owner, pythonStr(key))) return owner[pythonStr(key)];
  if (typeof key === "number" && (Array.isArray(owner) || typeof owner === "string")) {
    return owner.at(key);
  }
  if (typeof key !== "string" || !hasMethod(owner, key)) return undefined;
  return (args: readonly unknown[]) => callMethod(owner, key, args);
}

function slice(owner: unknown, at: JinjaNode & { type: "SliceExpression" }, scope: Scope): unknown {
  const [start, stop, step] = [at.start, at.stop, at.step].map((part) => {
    const value = part ? evaluate(part, scope) : undefined;
    return typeof value === "number" ? value : undefined;
  });
  const items = typeof owner === "string" ? [...owner] : toIterable(owner);
  const picked = pickSlice(items, start, stop, step ?? 1);
  return typeof owner === "string" ? picked.join("") : picked;
}

function pickSlice(
  items: readonly unknown[],
  start: number | undefined,
  stop: number | undefined,
  step: number,
): unknown[] {
  if (step > 0) return items.slice(start ?? 0, stop).filter((_, index) => index % step === 0);
  if (step === 0) throw new Error("slice step cannot be zero");
  const from = start === undefined ? items.length - 1 : start < 0 ? start + items.length : start;
  const to = stop === undefined ? -1 : stop < 0 ? stop + items.length : stop;
  const picked: unknown[] = [];
  for (let index = Math.min(from, items.length - 1); index > to; index += step)
    picked.push(items[index]);
  return picked;
}

function call(node: Call, scope: Scope): unknown {
  const target = evaluate(node.callee, scope);
  if (typeof target !== "function") {
    throw new Error(
      target === undefined
        ? `'${nameOf(node.callee)}' is undefined`
        : `'${nameOf(node.callee)}' is not callable`,
    );
  }
  const { args, named } = readArguments(node.args, scope);
  return (target as Callable)(args, named);
}

function filter(operand: unknown, node: Identifier | Call, scope: Scope): unknown {
  if (node.type === "Identifier") return applyFilter(node.value, operand, [], {});
  const name = node.callee.type === "Identifier" ? node.callee.value : "";
  const { args, named } = readArguments(node.args, scope);
  return applyFilter(name, operand, args, named);
}

function readArguments(nodes: readonly JinjaNode[], scope: Scope) {
  const args: unknown[] = [];
  const named: Record<string, unknown> = {};
  for (const node of nodes) {
    if (node.type === "KeywordArgumentExpression")
      named[node.key.value] = evaluate(node.value, scope);
    else args.push(evaluate(node, scope));
  }
  return { args, named };
}

function range(first = 0, stop?: number, step = 1): number[] {
  const [from, to] = stop === undefined ? [0, first] : [first, stop];
  const count = Math.max(0, Math.ceil((to - from) / step));
  if (count > 100_000) throw new Error("range too big, maximum size is 100000");
  return Array.from({ length: count }, (_, index) => from + index * step);
}

function nameOf(node: JinjaNode): string {
  if (node.type === "Identifier") return node.value;
  if (node.type === "MemberExpression") return nameOf(node.property);
  return node.type === "StringLiteral" ? node.value : "expression";
}
