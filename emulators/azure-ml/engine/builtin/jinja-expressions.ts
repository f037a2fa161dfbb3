import { applyFilter } from "./jinja-filters.ts";
import { pickSlice, readMember } from "./jinja-members.ts";
import type { Callable, Scope } from "./jinja-scope.ts";
import type { Call, Identifier, JinjaNode } from "./jinja-syntax.ts";
import { runTest } from "./jinja-tests.ts";
import { binary, toIterable, truthy } from "./jinja-values.ts";
import { PythonFloat, PythonTuple, pythonStr } from "./python-values.ts";

/** The value of an expression; undefined for what is not defined. Throws Error. */
export function evaluate(node: JinjaNode, scope: Scope): unknown {
  switch (node.type) {
    case "Identifier":
      return scope.read(node.value);
    case "IntegerLiteral":
    case "StringLiteral":
      return node.value;
    case "FloatLiteral":
      return Number.isInteger(node.value) ? new PythonFloat(node.value) : node.value;
    case "ArrayLiteral":
      return node.value.map((item) => evaluate(item, scope));
    case "TupleLiteral":
      return PythonTuple.from(node.value, (item) => evaluate(item, scope));
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
  return readMember(owner, key, node.computed);
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

/** `operand | filter`. */
export function filter(operand: unknown, node: Identifier | Call, scope: Scope): unknown {
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

function nameOf(node: JinjaNode): string {
  if (node.type === "Identifier") return node.value;
  if (node.type === "MemberExpression") return nameOf(node.property);
  return node.type === "StringLiteral" ? node.value : "expression";
}
