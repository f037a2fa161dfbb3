import { evaluate, filter } from "./jinja-expressions.ts";
import { type Callable, Scope } from "./jinja-scope.ts";
import type { JinjaNode } from "./jinja-syntax.ts";
import { toIterable, truthy } from "./jinja-values.ts";
import { isDict, pythonStr } from "./python-values.ts";

class Break extends Error {}
class Continue extends Error {}

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

function range(first = 0, stop?: number, step = 1): number[] {
  const [from, to] = stop === undefined ? [0, first] : [first, stop];
  const count = Math.max(0, Math.ceil((to - from) / step));
  if (count > 100_000) throw new Error("range too big, maximum size is 100000");
  return Array.from({ length: count }, (_, index) => from + index * step);
}
